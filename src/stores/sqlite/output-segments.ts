import type { UtcMs } from '../../media/time.ts'
import type { EraTime, NumberRange, TimeWindow } from '../segment-index.ts'
import type { Database } from './database.ts'

type Row = { number: number; era: number; body: string; slot: string }
type Edge = { number: number; start_utc: number; end_utc: number }

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

    numberSealedBy(numbering: number, moment: UtcMs): number | undefined {
      const slot = db.get<{ era: number; idx: number }>(
        `SELECT era, idx FROM slot INDEXED BY slot_sealed
         WHERE input = (SELECT input FROM numbering WHERE id = ?) AND sealed_at <= ?
         ORDER BY sealed_at DESC, era DESC, idx DESC LIMIT 1`,
        numbering,
        moment,
      )
      if (!slot) return undefined
      // A segment whose last slot came later was not there yet.
      return db.get<{ number: number }>(
        `SELECT number FROM output_segment INDEXED BY output_segment_by_slot
         WHERE numbering = ?1 AND (era, first_slot) <= (?2, ?3) AND (era < ?2 OR first_slot + slot_count - 1 <= ?3)
         ORDER BY era DESC, first_slot DESC LIMIT 1`,
        numbering,
        slot.era,
        slot.idx,
      )?.number
    },

    /** JSON of the segments with these numbers that lie in `window`. */
    outputSegmentPage(numbering: number, { after, last }: NumberRange, window: TimeWindow): string {
      const rows = db.all<Row>(
        `SELECT s.number, s.era, s.body, t.body AS slot
         FROM numbering n CROSS JOIN output_segment s ON s.numbering = n.id
           CROSS JOIN slot t ON t.input = n.input AND t.era = s.era
             AND t.idx >= s.first_slot AND t.idx < s.first_slot + s.slot_count
         WHERE n.id = ? AND s.number > ? AND s.number <= ? AND s.end_utc > ? AND s.start_utc < ?
         ORDER BY s.number, t.idx`,
        numbering,
        after,
        last,
        window.start,
        window.end,
      )
      let json = '['
      rows.forEach((row, i) => {
        const isSame = row.number === rows[i - 1]?.number
        if (isSame) json += `,${row.slot}`
        else
          json += `${i === 0 ? '' : ']},'}{"number":${row.number},"era":${row.era},${row.body.slice(1, -1)},"slots":[${row.slot}`
      })
      return rows.length === 0 ? '[]' : `${json}]}]`
    },
  }
}

export type OutputSegmentOperations = ReturnType<typeof outputSegmentOperations>
