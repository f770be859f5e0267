import {
  type Draft,
  type DraftValue,
  type Field,
  type FieldOf,
  type GroupDraft,
  plainText,
  type Request,
  type Tag,
} from './field.ts'

/** The draft of a form that nothing has been written into: every member has its default, and a list one item. */
export function newDraft(fields: readonly Field[]): Draft {
  return Object.fromEntries(fields.map((field) => [field.name, newValue(field)]))
}

/** The draft of a form that changes what a request, or a response, has. Other members of it are left out. */
export function draftOf(fields: readonly Field[], given: Request): Draft {
  return Object.fromEntries(fields.map((field) => [field.name, draftValue(field, given[field.name])]))
}

/** The request that a draft makes. What cannot be read as a number is sent as it is: the server says what is wrong. */
export function requestOf(fields: readonly Field[], draft: Draft): Request {
  return Object.fromEntries(
    fields
      .map((field) => [field.name, givenOf(field, draft[field.name])] as const)
      .filter(([, given]) => given !== undefined),
  )
}

/** True when the form shows a member: always where it has something that would be sent. */
export function isShown(field: Field, draft: Draft): boolean {
  return !field.shownWhen || field.shownWhen(draft) || isWritten(field, draft[field.name])
}

/** The draft of a structure that is not given yet, with the defaults of its members. */
export const groupOf = (field: FieldOf<'group'>, draft: Draft): GroupDraft =>
  (draft[field.name] as GroupDraft | undefined) ?? { isGiven: !field.isOptional, members: newDraft(field.fields) }

/** The key that stands twice among tags, which a request cannot have. */
export function repeatedKey(tags: readonly Tag[]): string | undefined {
  return tags.find(({ key }, n) => tags.findIndex((other) => other.key === key) < n)?.key
}

function newValue(field: Field): DraftValue {
  switch (field.control) {
    case 'text':
    case 'number':
      return field.default ?? ''
    case 'moment':
      return ''
    case 'choice':
    case 'switch':
    case 'choices':
      return field.default
    case 'texts':
    case 'tags':
      return []
    case 'group':
      return { isGiven: !field.isOptional, members: newDraft(field.fields) }
    case 'list':
      return [newDraft(field.fields)]
  }
}

function draftValue(field: Field, given: unknown): DraftValue {
  switch (field.control) {
    case 'text':
    case 'number':
    case 'moment':
    case 'choice':
      return plainText(given)
    case 'switch':
      return given as boolean | undefined
    case 'choices':
    case 'texts':
      return (given as readonly unknown[] | undefined)?.map(plainText)
    case 'tags':
      return given === undefined
        ? undefined
        : Object.entries(given as Readonly<Record<string, string>>).map(([key, value]) => ({ key, value }))
    case 'group':
      return given === undefined
        ? { isGiven: false, members: newDraft(field.fields) }
        : { isGiven: true, members: draftOf(field.fields, given as Request) }
    case 'list':
      return given === undefined ? undefined : (given as readonly Request[]).map((each) => draftOf(field.fields, each))
  }
}

function givenOf(field: Field, value: DraftValue): unknown {
  switch (field.control) {
    case 'text':
    case 'moment':
    case 'choice':
      return value === '' ? undefined : value
    case 'number':
      return value === '' || value === undefined ? undefined : numberOf(value as string)
    case 'switch':
    case 'choices':
    case 'texts':
      return value
    case 'tags':
      return value && Object.fromEntries((value as readonly Tag[]).map((tag) => [tag.key, tag.value]))
    case 'group': {
      const { isGiven, members } = (value as GroupDraft | undefined) ?? { isGiven: false, members: {} }
      return isGiven ? requestOf(field.fields, members) : undefined
    }
    case 'list':
      return value && (value as readonly Draft[]).map((each) => requestOf(field.fields, each))
  }
}

function numberOf(text: string): number | string {
  const number = Number(text)
  return /^-?\d+$/.test(text) && Number.isSafeInteger(number) ? number : text
}

function isWritten(field: Field, value: DraftValue): boolean {
  const given = givenOf(field, value)
  return given !== undefined && JSON.stringify(given) !== JSON.stringify(givenOf(field, newValue(field)))
}
