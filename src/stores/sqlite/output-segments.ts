import type { UtcMs, UtcRange } from '../../media/time.ts'
import type { Era, OutputSegment } from '../../model/output-segment.ts'
import type { EraTime, NumberRange } from '../../model/segment-numbers.ts'
import type { SegmentPageJson, SummaryPage } from '../../model/segment-page.ts'
import { pageOf, type StoredSlotRow } from '../segment-page-rows.ts'
import type { SqliteDatabase } from './database.ts'
import type { Operations } from './synchronous.ts'

type Edge = { number: number; start_utc: number; end_utc: number }

/** Segments with their slots, and with what else is joined to these. */
const segmentsAndSlots = (more = '') => `FROM output_segment s CROSS JOIN slot t INDEXED BY slot_by_place
     ON t.input = s.input AND t.era = s.slot_era AND t.idx >= s.first_slot AND t.idx < s.first_slot + s.slot_count
   ${more} WHERE s.output_timeline = ? AND s.number > ? AND s.number <= ?`

/**
 * Reads output segments in pages, so that a window of many hours blocks neither the database's writers nor the
 * caller's event loop. A page is JSON text, which the caller parses faster than it could receive objects.
 */
export function outputSegmentOperations(db: SqliteDatabase) {
  const edge = (outputTimeline: number, order: 'ASC' | 'DESC') =>
    db.get<Edge>(
      `SELECT number, start_utc, end_utc FROM output_segment WHERE output_timeline = ? ORDER BY number ${order} LIMIT 1`,
      outputTimeline,
    )

  return {
    /** A range of numbers that contains all segments of the window; undefined when there is none. */
    outputSegmentRange(outputTimeline: number, { start, end }: UtcRange): NumberRange | undefined {
      const oldest = edge(outputTimeline, 'ASC')
      const newest = edge(outputTimeline, 'DESC')
      if (!oldest || !newest) return undefined
      if (oldest.end_utc > start && newest.start_utc < end) return { after: oldest.number - 1, last: newest.number }
      // Times may go back from one era to the next, so the window bounds times and not numbers; a segment that starts
      // before its end ends no later than the longest segment after it.
      const found = db.get<{ first: number | null; last: number | null }>(
        `SELECT min(number) AS first, max(number) AS last FROM output_segment INDEXED BY output_segment_by_time
         WHERE output_timeline = ?1 AND end_utc > ?2 AND start_utc < ?3
           AND end_utc < ?3 + (SELECT longest_ms FROM output_timeline WHERE id = ?1)`,
        outputTimeline,
        start,
        end,
      )
      if (!found || found.first === null || found.last === null) return undefined
      return { after: found.first - 1, last: found.last }
    },

    newestOutputSegments(outputTimeline: number, count: number): NumberRange | undefined {
      const newest = db.get<{ after: number | null; last: number | null }>(
        `SELECT min(number) - 1 AS after, max(number) AS last
         FROM (SELECT number FROM output_segment WHERE output_timeline = ? ORDER BY number DESC LIMIT ?)`,
        outputTimeline,
        count,
      )
      if (!newest || newest.after === null || newest.last === null) return undefined
      return { after: newest.after, last: newest.last }
    },

    outputSegmentsBeginningAround(
      outputTimeline: number,
      { era, time }: EraTime,
      count: number,
    ): NumberRange | undefined {
      const begin = "json_extract(body, '$.start')"
      const numbers = (comparison: '<=' | '>', order: 'ASC' | 'DESC') =>
        db.all<{ number: number }>(
          `SELECT number FROM output_segment INDEXED BY output_segment_by_start
           WHERE output_timeline = ? AND era = ? AND ${begin} ${comparison} ? ORDER BY ${begin} ${order} LIMIT ?`,
          outputTimeline,
          era,
          time,
          count,
        )
      const found = [...numbers('<=', 'DESC'), ...numbers('>', 'ASC')].map(({ number }) => number)
      return found.length === 0 ? undefined : { after: Math.min(...found) - 1, last: Math.max(...found) }
    },

    erasShown: (outputTimeline: number, { after, last }: NumberRange) =>
      db
        .all<{ era: number }>(
          `SELECT era FROM shown_era WHERE output_timeline = ?1 AND number <= ?3 AND number >= coalesce(
             (SELECT max(number) FROM shown_era WHERE output_timeline = ?1 AND number <= ?2 + 1), 0) ORDER BY number`,
          outputTimeline,
          after,
          last,
        )
        .map(({ era }) => era),

    erasBegunBefore: (outputTimeline: number, moment: UtcMs, limit: number) =>
      db
        .all<{ body: string }>(
          `SELECT e.body FROM shown_era s CROSS JOIN era e ON e.id = s.era AND e.input IN (
             SELECT i.id FROM input i JOIN input first ON first.channel_guid = i.channel_guid
             WHERE first.id = (SELECT input FROM output_timeline WHERE id = ?1))
           WHERE s.output_timeline = ?1 AND s.clock_utc < ?2 ORDER BY s.number DESC LIMIT ?3`,
          outputTimeline,
          moment,
          limit,
        )
        .reverse()
        .map(({ body }) => JSON.parse(body) as Era),

    numberSealedBy: (outputTimeline: number, moment: UtcMs): number | undefined =>
      db.get<{ number: number }>(
        `SELECT number FROM output_segment INDEXED BY output_segment_by_sealing
         WHERE output_timeline = ? AND sealed_at <= ? ORDER BY sealed_at DESC, number DESC LIMIT 1`,
        outputTimeline,
        moment,
      )?.number,

    /** The segments with these numbers that overlap `window`, as JSON. */
    outputSegmentPage(
      outputTimeline: number,
      { after, last }: NumberRange,
      window: UtcRange,
    ): SegmentPageJson<OutputSegment> {
      return pageOf(
        db.all<StoredSlotRow>(
          `SELECT s.number, s.era, s.body, t.body AS slot ${segmentsAndSlots()}
           AND s.end_utc > ? AND s.start_utc < ? ORDER BY s.number, t.idx`,
          outputTimeline,
          after,
          last,
          window.start,
          window.end,
        ),
      )
    },

    /** All segments with these numbers, each slot as its summary, or whole where there is none. */
    outputSegmentSummaries: (outputTimeline: number, { after, last }: NumberRange): SummaryPage =>
      // SQLite puts the page together: a row of its own for each slot would take twice as long.
      db.get<{ page: SummaryPage }>(
        `SELECT CAST('[' || coalesce(group_concat(part, ','), '') || ']' AS BLOB) AS page FROM (
           SELECT concat_ws(',', s.number, s.era, CASE t.idx WHEN s.first_slot THEN s.body ELSE 'null' END,
             coalesce(y.body, t.body)) AS part
           ${segmentsAndSlots('LEFT JOIN slot_summary y ON y.slot = t.id')} ORDER BY s.number, t.idx)`,
        outputTimeline,
        after,
        last,
      )!.page,
  } satisfies Partial<Operations>
}
