import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Toggle from '@cloudscape-design/components/toggle'
import { useEffect, useId, useRef } from 'react'
import { MomentField } from '../time/moment-field.tsx'
import { groupOf, isShown, newDraft } from './draft.ts'
import { type Draft, type DraftValue, type Field, type FieldOf, type GroupDraft, plainText } from './field.ts'
import { FieldControl } from './field-control.tsx'
import './fields.css'
import type { Refused } from './refused-member.ts'

type FieldsProps = {
  readonly fields: readonly Field[]
  readonly draft: Draft
  readonly onChange: (draft: Draft) => void
  /** What the server says of one of the members, with its JSON path. */
  readonly refused?: Refused | undefined
  /** Of the structure that these are the members of, with a point behind it. */
  readonly prefix?: string
}

/** The controls of fields, in their order, as far as they are shown. */
export function Fields({ fields, draft, onChange, refused, prefix = '' }: FieldsProps) {
  return (
    <SpaceBetween size="l">
      {fields
        .filter((field) => isShown(field, draft))
        .map((field) => (
          <Member
            key={field.name}
            field={field}
            draft={draft}
            onChange={(value) => onChange({ ...draft, [field.name]: value })}
            refused={refused}
            path={prefix + field.name}
          />
        ))}
    </SpaceBetween>
  )
}

type MemberProps<F extends Field> = Omit<FieldsProps, 'fields' | 'onChange' | 'prefix'> & {
  readonly field: F
  readonly path: string
  readonly onChange: (value: DraftValue) => void
}

function Member({ field, ...props }: MemberProps<Field>) {
  const place = useRef<HTMLDivElement>(null)
  const { refused, path } = props
  useEffect(() => {
    if (refused?.path === path) show(place.current)
  }, [refused, path])
  return (
    <div ref={place}>
      {field.control === 'group' ? (
        <GroupFields field={field} {...props} />
      ) : field.control === 'list' ? (
        <ListFields field={field} {...props} />
      ) : (
        <OneField field={field} {...props} />
      )}
    </div>
  )
}

/** Brings a control into view and into focus: the first one that is wrong. */
function show(place: HTMLElement | null): void {
  place?.querySelector<HTMLElement>('input, textarea, button, [tabindex="0"]')?.focus({ preventScroll: true })
  place?.scrollIntoView({ block: 'center' })
}

const saidOf = (refused: Refused | undefined, path: string) => (refused?.path === path ? refused.message : undefined)

function OneField({
  field,
  draft,
  onChange,
  refused,
  path,
}: MemberProps<Exclude<Field, FieldOf<'group'> | FieldOf<'list'>>>) {
  const problem = saidOf(refused, path)
  if (field.control === 'moment') {
    const { label, description, otherwise } = field
    return (
      <MomentField
        label={label}
        description={otherwise === undefined ? description : `${description} If empty: ${otherwise}.`}
        value={plainText(draft[field.name])}
        onChange={onChange}
        error={problem}
      />
    )
  }
  const control = (
    <FieldControl field={field} value={draft[field.name]} onChange={onChange} isWrong={problem !== undefined} />
  )
  if (field.control === 'switch') return <FormField errorText={problem}>{control}</FormField>
  return (
    <FormField
      label={field.label}
      description={field.description}
      constraintText={constraintOf(field)}
      errorText={problem}
    >
      {control}
    </FormField>
  )
}

function constraintOf(field: Field): string | undefined {
  const otherwise = 'otherwise' in field && field.otherwise !== undefined ? `If empty: ${field.otherwise}.` : ''
  const range =
    field.control === 'number' && field.range !== undefined
      ? `In ${field.unit ?? 'whole numbers'}: ${field.range}. `
      : ''
  const text = `${range}${otherwise}`.trim()
  return text === '' ? undefined : text
}

function GroupFields({ field, draft, onChange, refused, path }: MemberProps<FieldOf<'group'>>) {
  const heading = useId()
  const { isGiven, members } = groupOf(field, draft)
  const change = (next: Partial<GroupDraft>) => onChange({ isGiven, members, ...next })
  return (
    <fieldset className="structure" aria-labelledby={heading}>
      <SpaceBetween size="m">
        <FormField errorText={saidOf(refused, path)}>
          {field.isOptional ? (
            <Toggle
              checked={isGiven}
              onChange={({ detail }) => change({ isGiven: detail.checked })}
              description={field.description}
            >
              <span id={heading}>{field.label}</span>
            </Toggle>
          ) : (
            <Header variant="h3" description={field.description}>
              <span id={heading}>{field.label}</span>
            </Header>
          )}
        </FormField>
        {isGiven && (
          <Box padding={{ left: 'l' }}>
            <Fields
              fields={field.fields}
              draft={members}
              onChange={(next) => change({ members: next })}
              refused={refused}
              prefix={`${path}.`}
            />
          </Box>
        )}
      </SpaceBetween>
    </fieldset>
  )
}

function ListFields({ field, draft, onChange, refused, path }: MemberProps<FieldOf<'list'>>) {
  const items = (draft[field.name] ?? []) as readonly Draft[]
  const add = () => onChange([...items, unlike(newDraft(field.fields), items)])
  return (
    <SpaceBetween size="m">
      <FormField errorText={saidOf(refused, path)}>
        <Header
          variant="h3"
          description={field.description}
          counter={`(${items.length})`}
          actions={<Button onClick={add}>Add {field.item.toLowerCase()}</Button>}
        >
          {field.label}
        </Header>
      </FormField>
      {items.map((item, n) => {
        const name = `${field.item} ${plainText(item['id']) || n + 1}`
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: an item has nothing else that stays while it is written
          <fieldset className="structure" key={n} aria-label={name}>
            <SpaceBetween size="m">
              <Header
                variant="h3"
                actions={
                  <Button
                    onClick={() => onChange(items.filter((_, other) => other !== n))}
                    ariaLabel={`Remove ${name}`}
                  >
                    Remove
                  </Button>
                }
              >
                {name}
              </Header>
              <Box padding={{ left: 'l' }}>
                <Fields
                  fields={field.fields}
                  draft={item}
                  onChange={(next) => onChange(items.with(n, next))}
                  refused={refused}
                  prefix={`${path}[${n}].`}
                />
              </Box>
            </SpaceBetween>
          </fieldset>
        )
      })}
    </SpaceBetween>
  )
}

/** An item with an id that no other has. */
function unlike(item: Draft, others: readonly Draft[]): Draft {
  const { id } = item
  if (id === undefined || !others.some((other) => other['id'] === id)) return item
  const taken = others.map((other) => other['id'])
  const next = others.map((_, n) => `${plainText(id)}-${n + 2}`).find((each) => !taken.includes(each))
  return { ...item, id: next }
}
