import type { AdEvent } from '../../model/ad-events/ad-event.ts'
import type { EraNumbers } from '../../model/ad-events/begun-before.ts'
import { type AdEventRow, adEventPlaces } from '../ad-event-rows.ts'
import type { SegmentIndex } from '../segment-index.ts'
import type { TimelineCommit } from '../timeline-store.ts'
import type { Queries } from './database.ts'
import type { Statement } from './statements.ts'

export function adEventOperations(db: Queries) {
  return {
    async adEvents(channelGuid: string, wanted: readonly EraNumbers[]): Promise<readonly AdEventRow[]> {
      const places = adEventPlaces(wanted)
      if (places.length === 0) return []
      // The limit makes PostgreSQL look each one up. It would otherwise read all ad events of the inputs.
      const rows = await db.all<{ era: number; body: string }>(
        `SELECT wanted.era, event.body
         FROM windrow.input CROSS JOIN (
           SELECT DISTINCT era, number FROM unnest($2::bigint[], $3::bigint[]) AS place (era, number)
         ) AS wanted CROSS JOIN LATERAL (
           SELECT body FROM windrow.ad_event AS event
           WHERE event.input = input.id AND event.era = wanted.era AND event.number = wanted.number LIMIT 1
         ) AS event
         WHERE input.channel_guid = $1 ORDER BY wanted.era, wanted.number`,
        channelGuid,
        places.map(([era]) => era),
        places.map(([, number]) => number),
      )
      return rows.map(({ era, body }) => ({ era, event: JSON.parse(body) as AdEvent }))
    },
  } satisfies Partial<SegmentIndex>
}

/**
 * Stores the ad events that begin in a commit, and the ends of those that end in it. A number may come again after a
 * program of the release before has made commits, which leaves out of the state what had been given.
 */
export function* storeAdEvents(
  input: number,
  { adEvents = [], adEventEnds = [] }: TimelineCommit,
): Iterable<Statement> {
  if (adEvents.length > 0) {
    yield [
      `INSERT INTO windrow.ad_event (input, era, number, body)
       SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::text[])
       ON CONFLICT (input, era, number) DO UPDATE SET last_slot = NULL, body = excluded.body`,
      input,
      adEvents.map(({ era }) => era),
      adEvents.map(({ event }) => event.number),
      adEvents.map(({ event }) => JSON.stringify(event)),
    ]
  }
  if (adEventEnds.length > 0) {
    yield [
      `UPDATE windrow.ad_event AS event SET last_slot = ended.slot
       FROM unnest($2::bigint[], $3::bigint[], $4::int[]) AS ended (era, number, slot)
       WHERE event.input = $1 AND event.era = ended.era AND event.number = ended.number`,
      input,
      adEventEnds.map(({ era }) => era),
      adEventEnds.map(({ number }) => number),
      adEventEnds.map(({ slot }) => slot),
    ]
  }
}

/** Forgets ad events that ended before the oldest slot that is left of their era, after some slots were deleted. */
export function forgetEndedAdEvents(input: number, deleted: readonly { readonly era: number }[]): Statement {
  return [
    `DELETE FROM windrow.ad_event AS event USING (
       SELECT era, (SELECT min(idx) FROM windrow.slot WHERE slot.input = $1 AND slot.era = touched.era) AS oldest
       FROM unnest($2::bigint[]) AS touched (era) OFFSET 0
     ) AS kept WHERE event.input = $1 AND event.era = kept.era AND event.last_slot < coalesce(kept.oldest, $3::bigint)`,
    input,
    [...new Set(deleted.map(({ era }) => era))],
    Number.MAX_SAFE_INTEGER,
  ]
}

/**
 * Forgets the ad events of eras that are gone, which were older than every slot. A program of the release before may
 * have deleted them.
 */
export function forgetAdEventsOfGoneEras(input: number): Statement {
  return [
    `DELETE FROM windrow.ad_event AS event
     WHERE input = $1 AND era < (SELECT min(era) FROM windrow.slot WHERE input = $1)
       AND NOT EXISTS (SELECT FROM windrow.era WHERE era.input = $1 AND era.id = event.era)`,
    input,
  ]
}
