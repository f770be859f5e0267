import type { AdEvent } from '../../model/ad-events/ad-event.ts'
import type { EraNumbers } from '../../model/ad-events/begun-before.ts'
import { type AdEventRow, adEventPlaces } from '../ad-event-rows.ts'
import type { TimelineCommit } from '../timeline-store.ts'
import type { SqliteDatabase } from './database.ts'
import type { Operations } from './synchronous.ts'

export function adEventOperations(db: SqliteDatabase) {
  return {
    adEvents: (channelGuid: string, wanted: readonly EraNumbers[]): readonly AdEventRow[] =>
      db
        .all<{ era: number; body: string }>(
          `SELECT era, body FROM ad_event WHERE input IN (SELECT id FROM input WHERE channel_guid = ?)
             AND (era, number) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?)) ORDER BY era, number`,
          channelGuid,
          JSON.stringify(adEventPlaces(wanted)),
        )
        .map(({ era, body }) => ({ era, event: JSON.parse(body) as AdEvent })),
  } satisfies Partial<Operations>
}

/** Writes to the rows of ad events that belong to other operations. */
export function adEventRows(db: SqliteDatabase) {
  return {
    /** Stores the ad events that begin in a commit, and the ends of those that end in it. */
    store(input: number, { adEvents = [], adEventEnds = [] }: TimelineCommit): void {
      for (const { era, event } of adEvents) {
        const sql = 'INSERT OR REPLACE INTO ad_event (input, era, number, body) VALUES (?, ?, ?, ?)'
        db.run(sql, input, era, event.number, JSON.stringify(event))
      }
      for (const { era, number, slot } of adEventEnds) {
        const sql = 'UPDATE ad_event SET last_slot = ? WHERE input = ? AND era = ? AND number = ?'
        db.run(sql, slot, input, era, number)
      }
    },

    /** Forgets those that ended before the oldest slot that is left of their era, after some slots were deleted. */
    forgetEnded(input: number, deleted: readonly { readonly era: number }[]): void {
      for (const era of new Set(deleted.map((slot) => slot.era))) {
        db.run(
          `DELETE FROM ad_event WHERE input = ?1 AND era = ?2
             AND last_slot < coalesce((SELECT min(idx) FROM slot WHERE input = ?1 AND era = ?2), ?3)`,
          input,
          era,
          Number.MAX_SAFE_INTEGER,
        )
      }
    },

    /** Forgets those of eras that are gone, which were older than every slot. */
    forgetOfGoneEras(input: number): void {
      db.run(
        `DELETE FROM ad_event WHERE input = ?1 AND era < (SELECT min(era) FROM slot WHERE input = ?1)
           AND NOT EXISTS (SELECT 1 FROM era WHERE era.input = ?1 AND era.id = ad_event.era)`,
        input,
      )
    },
  }
}
