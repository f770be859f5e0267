import AttributeEditor from '@cloudscape-design/components/attribute-editor'
import Autosuggest from '@cloudscape-design/components/autosuggest'
import Input from '@cloudscape-design/components/input'
import Multiselect from '@cloudscape-design/components/multiselect'
import Select from '@cloudscape-design/components/select'
import Toggle from '@cloudscape-design/components/toggle'
import { repeatedKey } from './draft.ts'
import { type DraftValue, type Field, type FieldOf, type Option, plainText, type Tag } from './field.ts'

type ControlProps<F extends Field> = {
  readonly field: F
  readonly value: DraftValue
  readonly onChange: (value: DraftValue) => void
  readonly isWrong: boolean
}

type SimpleField = Exclude<Field, FieldOf<'group'> | FieldOf<'list'> | FieldOf<'moment'>>

/** The control of a field that is no structure, without its label, which is that of the form field around it. */
export function FieldControl({ field, ...props }: ControlProps<SimpleField>) {
  switch (field.control) {
    case 'text':
    case 'number':
      return <TextControl field={field} {...props} />
    case 'choice':
      return <ChoiceControl field={field} {...props} />
    case 'switch':
      return <SwitchControl field={field} {...props} />
    case 'choices':
      return <ChoicesControl field={field} {...props} />
    case 'texts':
      return <TextsControl field={field} {...props} />
    case 'tags':
      return <TagsControl field={field} {...props} />
  }
}

function TextControl({ field, value, onChange, isWrong }: ControlProps<FieldOf<'text'> | FieldOf<'number'>>) {
  const isNumber = field.control === 'number'
  return (
    <Input
      value={plainText(value)}
      onChange={({ detail }) => onChange(isNumber ? detail.value.trim() : detail.value)}
      // What is no number stays as it was written, and the server says so.
      inputMode={isNumber ? 'numeric' : 'text'}
      autoComplete={false}
      spellcheck={false}
      invalid={isWrong}
      {...(field.control === 'text' && field.example !== undefined && { placeholder: field.example })}
    />
  )
}

function ChoiceControl({ field, value, onChange, isWrong }: ControlProps<FieldOf<'choice'>>) {
  const chosen = field.options.find((option) => option.value === value) ?? optionOf(plainText(value))
  return (
    <Select
      selectedOption={value === '' || value === undefined ? null : chosen}
      options={field.options}
      onChange={({ detail }) => onChange(detail.selectedOption.value)}
      placeholder={`As by default: ${field.default}`}
      triggerVariant="option"
      invalid={isWrong}
    />
  )
}

function SwitchControl({ field, value, onChange }: ControlProps<FieldOf<'switch'>>) {
  return (
    <Toggle
      checked={(value as boolean | undefined) ?? field.default}
      onChange={({ detail }) => onChange(detail.checked)}
      description={field.description}
    >
      {field.label}
    </Toggle>
  )
}

function ChoicesControl({ field, value, onChange, isWrong }: ControlProps<FieldOf<'choices'>>) {
  const chosen = (value ?? field.default) as readonly string[]
  return (
    <Multiselect
      selectedOptions={chosen.map((each) => field.options.find((option) => option.value === each) ?? optionOf(each))}
      options={field.options}
      onChange={({ detail }) => onChange(detail.selectedOptions.map((option) => option.value ?? ''))}
      placeholder={chosen.length === 0 ? 'None' : 'Choose more'}
      deselectAriaLabel={({ label = '' }) => `Leave out ${label}`}
      invalid={isWrong}
    />
  )
}

function TextsControl({ field, value, onChange, isWrong }: ControlProps<FieldOf<'texts'>>) {
  const items = (value ?? []) as readonly string[]
  const { item: label, example: placeholder, offered = [] } = field
  const change = (n: number, text: string) => onChange(items.with(n, text))
  return (
    <AttributeEditor
      items={items}
      empty="None."
      addButtonText={`Add ${lower(label)}`}
      removeButtonText="Remove"
      removeButtonAriaLabel={(item) => `Remove ${label} ${item}`}
      onAddButtonClick={() => onChange([...items, ''])}
      onRemoveButtonClick={({ detail }) => onChange(items.filter((_, n) => n !== detail.itemIndex))}
      definition={[
        {
          label,
          control: (item: string, n: number) =>
            offered.length > 0 ? (
              <Autosuggest
                value={item}
                onChange={({ detail }) => change(n, detail.value)}
                options={offered.map((option) => ({ value: option.value, description: option.label }))}
                enteredTextLabel={(text) => `Use ${text}`}
                filteringType="auto"
                placeholder={placeholder}
                ariaLabel={`${label} ${n + 1}`}
                invalid={isWrong}
              />
            ) : (
              <Input
                value={item}
                onChange={({ detail }) => change(n, detail.value.trim())}
                placeholder={placeholder}
                ariaLabel={`${label} ${n + 1}`}
                autoComplete={false}
                invalid={isWrong}
              />
            ),
          constraintText: (item: string) => offered.find((option) => option.value === item.toLowerCase())?.label,
        },
      ]}
    />
  )
}

function TagsControl({ value, onChange, isWrong }: ControlProps<FieldOf<'tags'>>) {
  const tags = (value ?? []) as readonly Tag[]
  const repeated = repeatedKey(tags)
  const change = (n: number, part: Partial<Tag>) =>
    onChange(tags.map((tag, at) => (at === n ? { ...tag, ...part } : tag)))
  const input = (part: keyof Tag) => (tag: Tag, n: number) => (
    <Input
      value={tag[part]}
      onChange={({ detail }) => change(n, { [part]: detail.value })}
      ariaLabel={`${part === 'key' ? 'Key' : 'Value'} of tag ${n + 1}`}
      autoComplete={false}
      invalid={isWrong || (part === 'key' && tag.key === repeated)}
    />
  )
  return (
    <AttributeEditor
      items={tags}
      empty="None."
      addButtonText="Add tag"
      removeButtonText="Remove"
      removeButtonAriaLabel={({ key }) => `Remove the tag ${key}`}
      onAddButtonClick={() => onChange([...tags, { key: '', value: '' }])}
      onRemoveButtonClick={({ detail }) => onChange(tags.filter((_, n) => n !== detail.itemIndex))}
      definition={[
        {
          label: 'Key',
          control: input('key'),
          errorText: ({ key }: Tag, n: number) =>
            key === repeated && tags.findIndex((tag) => tag.key === key) < n
              ? 'This key stands above already.'
              : undefined,
        },
        { label: 'Value', control: input('value') },
      ]}
    />
  )
}

const lower = (text: string) => (/^[A-Z]{2}/.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1))

const optionOf = (value: string): Option => ({ value, label: value })
