import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { Draft, Section } from './field.ts'
import { Fields } from './fields.tsx'
import type { Refused } from './refused-member.ts'

/** A section of a form: the controls of its fields below its heading. */
export function SectionFields({
  section: { title, fields },
  ...form
}: {
  readonly section: Section
  readonly draft: Draft
  readonly onChange: (draft: Draft) => void
  readonly refused: Refused | undefined
}) {
  return (
    <Container header={<Header variant="h2">{title}</Header>}>
      <Fields fields={fields} {...form} />
    </Container>
  )
}
