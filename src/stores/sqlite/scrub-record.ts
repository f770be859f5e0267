import type { Slot } from '../../model/output-segment.ts'
import type { ScrubPosition, ScrubSlot } from '../scrub-record.ts'
import type { SqliteDatabase } from './database.ts'
import type { Operations } from './synchronous.ts'

type Row = { readonly id: number; readonly channelGuid: string; readonly body: string }

export function scrubOperations(db: SqliteDatabase) {
  return {
    slotsToScrub: (after: number, limit: number): readonly ScrubSlot[] =>
      db
        .all<Row>(
          `SELECT s.id, i.channel_guid AS channelGuid, s.body FROM slot s CROSS JOIN input i ON i.id = s.input
           WHERE s.id > ? ORDER BY s.id LIMIT ?`,
          after,
          limit,
        )
        .map(({ id, channelGuid, body }) => ({ id, channelGuid, slot: JSON.parse(body) as Slot })),

    scrubPosition: () => db.get<ScrubPosition>('SELECT slot, began FROM scrub'),

    recordScrub({ slot, began }: ScrubPosition): void {
      db.run('INSERT OR REPLACE INTO scrub (id, slot, began) VALUES (1, ?, ?)', slot, began)
    },
  } satisfies Partial<Operations>
}
