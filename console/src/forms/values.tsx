import Box from '@cloudscape-design/components/box'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type Field, type FieldOf, plainText, type Request } from './field.ts'

/** What a structure has, by the labels of its fields; structures in it are below. */
export function Values({ fields, values }: { readonly fields: readonly Field[]; readonly values: Request }) {
  const simple = fields.filter(({ control }) => control !== 'group' && control !== 'list')
  const groups = fields.filter((field): field is FieldOf<'group'> => field.control === 'group')
  const lists = fields.filter((field): field is FieldOf<'list'> => field.control === 'list')
  return (
    <SpaceBetween size="m">
      {simple.length > 0 && (
        <KeyValuePairs
          columns={3}
          items={simple.map((field) => ({ label: field.label, value: valueText(field, values[field.name]) }))}
        />
      )}
      {groups.map((field) => (
        <Part key={field.name} title={field.label} fields={field.fields} value={values[field.name]} />
      ))}
      {lists.flatMap((field) =>
        ((values[field.name] ?? []) as readonly Request[]).map((item, n) => (
          <Part
            // biome-ignore lint/suspicious/noArrayIndexKey: nothing is moved here
            key={`${field.name} ${n}`}
            title={`${field.item} ${plainText(item['id']) || n + 1}`}
            fields={field.fields}
            value={item}
          />
        )),
      )}
    </SpaceBetween>
  )
}

function Part({
  title,
  fields,
  value,
}: {
  readonly title: string
  readonly fields: readonly Field[]
  readonly value: unknown
}) {
  return (
    <div>
      <Header variant="h3">{title}</Header>
      {value === undefined ? (
        <Box color="text-body-secondary">None</Box>
      ) : (
        <Box padding={{ left: 'l' }}>
          <Values fields={fields} values={value as Request} />
        </Box>
      )}
    </div>
  )
}

function valueText(field: Field, value: unknown): string {
  if (value === undefined || value === '') return '–'
  if (field.control === 'switch') return value === true ? 'On' : 'Off'
  if (field.control === 'number') return `${plainText(value)} ${field.unit ?? ''}`.trim()
  if (!Array.isArray(value)) return plainText(value)
  const options = 'options' in field ? field.options : 'offered' in field ? (field.offered ?? []) : []
  const texts = value.map((each) => options.find((option) => option.value === each)?.label ?? plainText(each))
  return texts.length === 0 ? 'None' : texts.join(', ')
}
