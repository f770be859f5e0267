import { CHANGE_KINDS } from '../changes/change.ts'
import { mediaOperation } from './typed-operation.ts'
import { oneOf, optional, structure, TEXT, type ValueOf } from './typed-shapes.ts'

/** The data of an event `change`. There is an id unless everything may have changed. */
const CHANGE = structure('Change', { kind: oneOf(...CHANGE_KINDS, 'everything'), id: optional(TEXT) })
export type ChangeReport = ValueOf<typeof CHANGE>

export const CHANGE_OPERATIONS = {
  ListChanges: mediaOperation('GET changes', {
    summary: 'Tells what changes from now on, or after an event, as server-sent events.',
    query: { after: optional(TEXT) },
    mediaType: 'text/event-stream',
  }),
}
