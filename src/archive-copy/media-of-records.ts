import { objectsOf, type Slot } from '../model/output-segment.ts'
import type { SourceObject } from '../model/source-segment.ts'
import { type ArchiveRecords, SLOTS, slotRecord, UNPLACED_OBJECTS, unplacedRecord } from '../stores/archive-records.ts'
import type { WantedObject } from './media.ts'
import { pagesOf } from './records.ts'

/** Every object that rows of an archive need; one that several slots hold comes more than once. */
export async function* mediaOfRecords(records: ArchiveRecords): AsyncGenerator<WantedObject> {
  for await (const page of pagesOf(records, SLOTS)) {
    for (const record of page) yield* objectsOf(JSON.parse(slotRecord(record).body) as Slot)
  }
  for await (const page of pagesOf(records, UNPLACED_OBJECTS)) {
    for (const record of page) {
      const { key, size, body } = unplacedRecord(record)
      if (body === null) yield { key, size }
      else yield JSON.parse(body) as SourceObject
    }
  }
}
