import Alert from '@cloudscape-design/components/alert'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Tiles from '@cloudscape-design/components/tiles'
import { groupOf } from '../forms/draft.ts'
import type { Draft } from '../forms/field.ts'
import { Fields } from '../forms/fields.tsx'
import type { Refused } from '../forms/refused-member.ts'
import { SectionFields } from '../forms/section-fields.tsx'
import { type PackageName, packageOf, SECTIONS } from './origin-endpoint-fields.ts'
import { PACKAGE_FIELDS } from './package-fields.ts'

type FormProps = {
  readonly draft: Draft
  readonly onChange: (draft: Draft) => void
  readonly refused: Refused | undefined
}

/** All members of an origin endpoint. The package can be chosen only when the endpoint is created. */
export function EndpointForm({
  kind,
  onPackage,
  ...form
}: FormProps & {
  readonly kind: keyof typeof SECTIONS
  readonly onPackage?: (name: PackageName) => void
}) {
  const [first, ...others] = SECTIONS[kind]
  const { draft, onChange, refused } = form
  const chosen = PACKAGE_FIELDS.find(({ name }) => name === packageOf(draft))
  return (
    <SpaceBetween size="l">
      {refused && refused.path === undefined && <Alert type="error">{refused.message}</Alert>}
      {first && <SectionFields section={first} {...form} />}
      <Container
        header={
          <Header variant="h2" description={chosen?.description}>
            {kind === 'create' ? 'Package' : `Package: ${chosen?.label ?? ''}`}
          </Header>
        }
      >
        <SpaceBetween size="l">
          {onPackage && (
            <FormField label="Format" description="It cannot be changed later.">
              <Tiles
                ariaLabel="Format"
                columns={4}
                value={chosen?.name ?? null}
                items={PACKAGE_FIELDS.map(({ name, label, description }) => ({ value: name, label, description }))}
                onChange={({ detail }) => onPackage(detail.value as PackageName)}
              />
            </FormField>
          )}
          {chosen && (
            <Fields
              key={chosen.name}
              fields={chosen.fields}
              draft={groupOf(chosen, draft).members}
              onChange={(members) => onChange({ ...draft, [chosen.name]: { isGiven: true, members } })}
              refused={refused}
              prefix={`${chosen.name}.`}
            />
          )}
        </SpaceBetween>
      </Container>
      {others.map((section) => (
        <SectionFields key={section.title} section={section} {...form} />
      ))}
    </SpaceBetween>
  )
}
