import type { UtcMs } from '../../media/time.ts'
import type { Era, OutputSegment, Slot } from '../../model/output-segment.ts'
import { shownSlot } from '../../model/timeline/lock.ts'
import type { EraTime, NumberRange, TimeWindow } from '../segment-index.ts'
import type { Database } from './database.ts'

type Row = { number: number; era: number; body: string; slot: string }
type ShownEra = { readonly era: number; readonly number: number }
type Edge = { number: number; start_utc: number; end_utc: number }

/** From one era to the next: there are few, and each is shown in one piece. */
const ERAS_SHOWN = `WITH RECURSIVE
  one (era) AS (
    SELECT min(era) FROM output_segment INDEXED BY output_segment_by_start WHERE numbering = ?1
    UNION ALL SELECT (SELECT min(era) FROM output_segment INDEXED BY output_segment_by_start
      WHERE numbering = ?1 AND era > one.era) FROM one WHERE one.era IS NOT NULL),
  shown (era, number) AS (
    SELECT era, (SELECT number FROM output_segment s INDEXED BY output_segment_by_start
      WHERE s.numbering = ?1 AND s.era = one.era ORDER BY json_extract(s.body, '$.start') LIMIT 1)
    FROM one WHERE era IS NOT NULL)`

/**
 * Reads of output segments, in pages: a window of many hours must neither hold the database from its writers nor the
 * caller's event loop. A page is JSON text, which the caller parses faster than it could receive objects.
 */
export function outputSegmentOperations(db: Database) {
  const edge = (numbering: number, order: 'ASC' | 'DESC') =>
    db.get<Edge>(
      `SELECT number, start_utc, end_utc FROM output_segment WHERE numbering = ? ORDER BY number ${order} LIMIT 1`,
      numbering,
    )

  return {
    /** The numbers among which all segments of the window lie, if there are any. */
    outputSegmentRange(numbering: number, { start, end }: TimeWindow): NumberRange | undefined {
      const oldest = edge(numbering, 'ASC')
      const newest = edge(numbering, 'DESC')
      if (!oldest || !newest) return undefined
      if (oldest.end_utc > start && newest.start_utc < end) return { after: oldest.number - 1, last: newest.number }
      // Times may go back from one era to the next, so the window bounds times and not numbers; a segment that starts
      // before its end ends no later than the longest segment after it.
      const found = db.get<{ first: number | null; last: number | null }>(
        `SELECT min(number) AS first, max(number) AS last FROM output_segment INDEXED BY output_segment_by_time
         WHERE numbering = ?1 AND end_utc > ?2 AND start_utc < ?3
           AND end_utc < ?3 + (SELECT longest_ms FROM numbering WHERE id = ?1)`,
        numbering,
        start,
        end,
      )
      if (!found || found.first === null || found.last === null) return undefined
      return { after: found.first - 1, last: found.last }
    },

    /** The numbers of the newest `count` segments. */
    newestOutputSegments(numbering: number, count: number): NumberRange | undefined {
      const newest = db.get<{ after: number | null; last: number | null }>(
        `SELECT min(number) - 1 AS after, max(number) AS last
         FROM (SELECT number FROM output_segment WHERE numbering = ? ORDER BY number DESC LIMIT ?)`,
        numbering,
        count,
      )
      if (!newest || newest.after === null || newest.last === null) return undefined
      return { after: newest.after, last: newest.last }
    },

    /** The numbers of the last `count` segments of an era that begin at or before a time of it, and the first `count` after. */
    outputSegmentsBeginningAround(numbering: number, { era, time }: EraTime, count: number): NumberRange | undefined {
      const begin = "json_extract(body, '$.start')"
      const numbers = (comparison: '<=' | '>', order: 'ASC' | 'DESC') =>
        db.all<{ number: number }>(
          `SELECT number FROM output_segment INDEXED BY output_segment_by_start
           WHERE numbering = ? AND era = ? AND ${begin} ${comparison} ? ORDER BY ${begin} ${order} LIMIT ?`,
          numbering,
          era,
          time,
          count,
        )
      const found = [...numbers('<=', 'DESC'), ...numbers('>', 'ASC')].map(({ number }) => number)
      return found.length === 0 ? undefined : { after: Math.min(...found) - 1, last: Math.max(...found) }
    },

    erasShown: (numbering: number) =>
      db.all<ShownEra>(`${ERAS_SHOWN} SELECT era, number FROM shown ORDER BY number`, numbering),

    erasBegunBefore: (numbering: number, moment: UtcMs, limit: number) =>
      db
        .all<{ body: string }>(
          `${ERAS_SHOWN} SELECT e.body FROM shown CROSS JOIN era e ON e.id = shown.era AND e.input IN (
             SELECT i.id FROM input i JOIN input first ON first.channel_guid = i.channel_guid
             WHERE first.id = (SELECT input FROM numbering WHERE id = ?1))
           WHERE json_extract(e.body, '$.clock.utc') < ?2 ORDER BY shown.number DESC LIMIT ?3`,
          numbering,
          moment,
          limit,
        )
        .reverse()
        .map(({ body }) => JSON.parse(body) as Era),

    numberSealedBy: (numbering: number, moment: UtcMs): number | undefined =>
      db.get<{ number: number }>(
        `SELECT number FROM output_segment INDEXED BY output_segment_by_sealing
         WHERE numbering = ? AND sealed_at <= ? ORDER BY sealed_at DESC, number DESC LIMIT 1`,
        numbering,
        moment,
      )?.number,

    /** JSON of the segments with these numbers that lie in `window`. */
    outputSegmentPage(numbering: number, { after, last }: NumberRange, window: TimeWindow): string {
      const rows = db.all<Row>(
        `SELECT s.number, s.era, s.body, t.body AS slot
         FROM output_segment s CROSS JOIN slot t ON t.input = s.input AND t.era = s.slot_era
             AND t.idx >= s.first_slot AND t.idx < s.first_slot + s.slot_count
         WHERE s.numbering = ? AND s.number > ? AND s.number <= ? AND s.end_utc > ? AND s.start_utc < ?
         ORDER BY s.number, t.idx`,
        numbering,
        after,
        last,
        window.start,
        window.end,
      )
      let json = '['
      rows.forEach((row, i) => {
        const slot = shownSlotText(row)
        const isSame = row.number === rows[i - 1]?.number
        if (isSame) json += `,${slot}`
        else {
          json += `${i === 0 ? '' : ']},'}{"number":${row.number},"era":${row.era},${row.body.slice(1, -1)},"slots":[${slot}`
        }
      })
      return rows.length === 0 ? '[]' : `${json}]}]`
    },
  }
}

/** Slots of a locked input stand in the index on its own timeline. */
function shownSlotText({ era, body, slot }: Row): string {
  if (!body.includes('"moved":')) return slot
  const { moved } = JSON.parse(body) as Pick<OutputSegment, 'moved'>
  return moved ? JSON.stringify(shownSlot(JSON.parse(slot) as Slot, { era, ...moved })) : slot
}

export type OutputSegmentOperations = ReturnType<typeof outputSegmentOperations>
