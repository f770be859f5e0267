import type { Slot } from '../../model/output-segment.ts'
import type { ScrubPosition, ScrubRecord } from '../scrub-record.ts'
import type { Queries } from './database.ts'

type Row = { readonly id: number; readonly channelGuid: string; readonly body: string }

/**
 * The position is that of the process that recorded one last. A slot whose commit ends after that of a later one, just
 * when a pass comes by, is read in the next pass.
 */
export function scrubOperations(db: Queries) {
  return {
    async slotsToScrub(after: number, limit: number) {
      const rows = await db.all<Row>(
        `SELECT slot.id, channel_guid AS "channelGuid", body FROM windrow.slot
         JOIN windrow.input ON input.id = slot.input WHERE slot.id > $1 ORDER BY slot.id LIMIT $2`,
        after,
        limit,
      )
      return rows.map(({ id, channelGuid, body }) => ({ id, channelGuid, slot: JSON.parse(body) as Slot }))
    },

    scrubPosition: () => db.get<ScrubPosition>('SELECT slot, began FROM windrow.scrub'),

    async recordScrub({ slot, began }: ScrubPosition) {
      await db.run(
        `INSERT INTO windrow.scrub (slot, began) VALUES ($1, $2)
         ON CONFLICT (only_one) DO UPDATE SET slot = excluded.slot, began = excluded.began`,
        slot,
        began,
      )
    },
  } satisfies ScrubRecord
}
