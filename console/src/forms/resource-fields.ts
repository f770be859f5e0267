import type { FieldOf } from './field.ts'

/** The id of a channel, an origin endpoint or anything else that is created. */
export const ID_FIELD: FieldOf<'text'> = {
  name: 'id',
  label: 'ID',
  description: '1 to 256 letters, digits, "_" or "-". It cannot be changed.',
  control: 'text',
}

export const DESCRIPTION_FIELD: FieldOf<'text'> = {
  name: 'description',
  label: 'Description',
  description: 'At most 1024 characters, for people.',
  control: 'text',
}

export const TAGS_FIELD: FieldOf<'tags'> = {
  name: 'tags',
  label: 'Tags',
  description: 'Up to 50 keys, each with a value.',
  control: 'tags',
}
