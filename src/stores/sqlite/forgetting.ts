import type { UtcMs } from '../../media/time.ts'
import type { Slot } from '../../model/output-segment.ts'
import type { IngestRef } from '../segment-index.ts'
import type { Database } from './database.ts'
import { inputId } from './inputs.ts'
import type { Operations } from './operations.ts'

type Pinned = readonly { from: UtcMs; to: UtcMs }[]

/** Forgetting: rows go first and their keys are doomed in the same transaction; the objects follow when they may. */
export function forgettingOperations(db: Database) {
  const doom = (keys: readonly string[]) => {
    const list = JSON.stringify(keys)
    db.run('INSERT OR IGNORE INTO doomed_object (key) SELECT value FROM json_each(?)', list)
    db.run('DELETE FROM source_object WHERE key IN (SELECT value FROM json_each(?))', list)
  }

  const forgetSlots = (input: number, before: UtcMs, pinned: Pinned, limit: number) => {
    const unpinned = pinned.map(() => ' AND NOT (start_utc < ? AND end_utc > ?)').join('')
    const rows = db.all<{ body: string }>(
      `SELECT body FROM slot WHERE input = ? AND sealed_at < ?${unpinned} ORDER BY sealed_at LIMIT ?`,
      input,
      before,
      ...pinned.flatMap(({ from, to }) => [to, from]),
      limit,
    )
    for (const { body } of rows) {
      const slot = JSON.parse(body) as Slot
      db.run('DELETE FROM slot WHERE input = ? AND era = ? AND idx = ?', input, slot.era, slot.index)
      db.run(
        `DELETE FROM output_segment WHERE numbering IN (SELECT id FROM numbering WHERE input = ?)
           AND era = ? AND first_slot <= ? AND first_slot + slot_count > ?`,
        input,
        slot.era,
        slot.index,
        slot.index,
      )
      doom(Object.values(slot.objects).map(({ key }) => key))
    }
    return rows.length
  }

  const forgetUnplaced = (input: number, before: UtcMs, inUse: readonly string[], limit: number) => {
    const rows = db.all<{ key: string }>(
      `SELECT key FROM source_object WHERE input = ? AND placed = 0 AND received_at < ?
         AND key NOT IN (SELECT value FROM json_each(?)) LIMIT ?`,
      input,
      before,
      JSON.stringify(inUse),
      limit,
    )
    doom(rows.map(({ key }) => key))
    return rows.length
  }

  return {
    inputs: () =>
      db.all<IngestRef>(
        'SELECT channel_guid AS channelGuid, ingest_endpoint_id AS ingestEndpointId FROM input ORDER BY id',
      ),

    forget(ingest: IngestRef, before: UtcMs, options: { pinned: Pinned; inUse: readonly string[]; limit: number }) {
      const input = inputId(db, ingest)
      const slots = forgetSlots(input, before, options.pinned, options.limit)
      const objects = forgetUnplaced(input, before, options.inUse, options.limit)
      // An era without slots is of no use, the newest ones apart: they may be about to get some.
      db.run('DELETE FROM era WHERE input = ?1 AND id < (SELECT min(era) FROM slot WHERE input = ?1)', input)
      return { slots, objects }
    },

    forgetChannel(channelGuid: string): void {
      for (const { id } of db.all<{ id: number }>('SELECT id FROM input WHERE channel_guid = ?', channelGuid)) {
        db.run('INSERT OR IGNORE INTO doomed_object (key) SELECT key FROM source_object WHERE input = ?', id)
        db.run('DELETE FROM output_segment WHERE numbering IN (SELECT id FROM numbering WHERE input = ?)', id)
        db.run('DELETE FROM endpoint_numbering WHERE numbering IN (SELECT id FROM numbering WHERE input = ?)', id)
        for (const table of ['source_object', 'slot', 'era', 'numbering']) {
          db.run(`DELETE FROM ${table} WHERE input = ?`, id)
        }
        db.run('DELETE FROM input WHERE id = ?', id)
      }
      db.run('DELETE FROM highest_number WHERE channel_guid = ?', channelGuid)
      db.run('DELETE FROM released_window WHERE channel_guid = ?', channelGuid)
      db.run('DELETE FROM deleted_channel WHERE guid = ?', channelGuid)
    },

    unknownObjects: (keys: readonly string[]) =>
      db
        .all<{ key: string }>(
          `SELECT value AS key FROM json_each(?)
           WHERE value NOT IN (SELECT key FROM source_object) AND value NOT IN (SELECT key FROM doomed_object)`,
          JSON.stringify(keys),
        )
        .map(({ key }) => key),

    doomed: (limit: number) =>
      db.all<{ key: string }>('SELECT key FROM doomed_object LIMIT ?', limit).map(({ key }) => key),
    buried(keys: readonly string[]): void {
      db.run('DELETE FROM doomed_object WHERE key IN (SELECT value FROM json_each(?))', JSON.stringify(keys))
    },
  } satisfies Partial<Operations>
}
