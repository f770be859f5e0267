import type { UtcMs, UtcRange } from '../../media/time.ts'
import type { Era, OutputSegment } from '../../model/output-segment.ts'
import type { EraTime, NumberRange } from '../../model/segment-numbers.ts'
import type { SegmentIndex } from '../segment-index.ts'
import { pageOf, type StoredSlotRow, summaryPageOfRows } from '../segment-page-rows.ts'
import type { SmallRequests } from '../stepwise.ts'
import type { Queries } from './database.ts'

type Edges = { oldest: number; oldest_end: number; newest: number; newest_start: number }
type Found = { first: number | null; last: number | null }

/**
 * The output segments with numbers of a range, each with its rows in `table`. The limit, which cuts nothing off, keeps
 * PostgreSQL from reading all slots of an era, of which it expects each segment to have a good part; and OFFSET from
 * looking for the segments by anything else than their numbers.
 */
const segmentsWith = (table: 'slot' | 'slot_summary') =>
  `SELECT s.number, s.era, s.body, made_of.body AS slot FROM (
     SELECT * FROM windrow.output_segment WHERE output_timeline = $1 AND number > $2 AND number <= $3
     ORDER BY number OFFSET 0
   ) AS s CROSS JOIN LATERAL (
     SELECT idx, body FROM windrow.${table} AS t WHERE t.input = s.input AND t.era = s.slot_era
       AND t.idx >= s.first_slot AND t.idx < s.first_slot + s.slot_count ORDER BY idx LIMIT s.slot_count
   ) AS made_of`

/** Reads of output segments, in pages of JSON text as it was stored. */
export function outputSegmentOperations(db: Queries) {
  return {
    async outputSegmentRange(outputTimeline: number, { start, end }: UtcRange): Promise<NumberRange | undefined> {
      const edges = await db.get<Edges>(
        `SELECT oldest.number AS oldest, oldest.end_utc AS oldest_end, newest.number AS newest,
           newest.start_utc AS newest_start
         FROM (SELECT number, end_utc FROM windrow.output_segment WHERE output_timeline = $1
               ORDER BY number LIMIT 1) AS oldest,
              (SELECT number, start_utc FROM windrow.output_segment WHERE output_timeline = $1
               ORDER BY number DESC LIMIT 1) AS newest`,
        outputTimeline,
      )
      if (!edges) return undefined
      const { oldest, newest } = edges
      if (edges.oldest_end > start && edges.newest_start < end) return { after: oldest - 1, last: newest }
      // Times may go back from one era to the next, so the window bounds times and not numbers; a segment that starts
      // before its end ends no later than the longest segment after it. OFFSET keeps PostgreSQL from looking for the
      // first number by walking along all of them.
      const found = await db.get<Found>(
        `SELECT min(number) AS first, max(number) AS last FROM (
           SELECT number FROM windrow.output_segment WHERE output_timeline = $1 AND end_utc > $2 AND start_utc < $3
             AND end_utc < $3 + (SELECT longest_ms FROM windrow.output_timeline WHERE id = $1) OFFSET 0) AS found`,
        outputTimeline,
        start,
        end,
      )
      return rangeOf(found)
    },

    newestOutputSegments: async (outputTimeline: number, count: number) =>
      rangeOf(
        await db.get<Found>(
          `SELECT min(number) AS first, max(number) AS last FROM (
             SELECT number FROM windrow.output_segment WHERE output_timeline = $1 ORDER BY number DESC LIMIT $2) AS newest`,
          outputTimeline,
          count,
        ),
      ),

    outputSegmentsBeginningAround: async (outputTimeline: number, { era, time }: EraTime, count: number) =>
      rangeOf(
        await db.get<Found>(
          `SELECT min(number) AS first, max(number) AS last FROM (
             (SELECT number FROM windrow.output_segment WHERE output_timeline = $1 AND era = $2 AND start <= $3
              ORDER BY start DESC LIMIT $4)
             UNION ALL
             (SELECT number FROM windrow.output_segment WHERE output_timeline = $1 AND era = $2 AND start > $3
              ORDER BY start LIMIT $4)) AS around`,
          outputTimeline,
          era,
          time,
          count,
        ),
      ),

    async erasShown(outputTimeline: number, { after, last }: NumberRange) {
      const shown = await db.all<{ era: number }>(
        `SELECT era FROM windrow.shown_era WHERE output_timeline = $1 AND number <= $3 AND number >= coalesce(
           (SELECT max(number) FROM windrow.shown_era WHERE output_timeline = $1 AND number <= $2::bigint + 1), 0)
         ORDER BY number`,
        outputTimeline,
        after,
        last,
      )
      return shown.map(({ era }) => era)
    },

    async erasBegunBefore(outputTimeline: number, moment: UtcMs, limit: number) {
      const newestFirst = await db.all<{ body: string }>(
        `SELECT era.body FROM windrow.shown_era AS shown JOIN windrow.era ON era.id = shown.era AND era.input IN (
           SELECT input.id FROM windrow.input JOIN windrow.input AS first ON first.channel_guid = input.channel_guid
           WHERE first.id = (SELECT input FROM windrow.output_timeline WHERE id = $1))
         WHERE shown.output_timeline = $1 AND shown.clock_utc < $2 ORDER BY shown.number DESC LIMIT $3`,
        outputTimeline,
        moment,
        limit,
      )
      return newestFirst.reverse().map(({ body }) => JSON.parse(body) as Era)
    },

    async numberSealedBy(outputTimeline: number, moment: UtcMs) {
      const newest = await db.get<{ number: number }>(
        `SELECT number FROM windrow.output_segment WHERE output_timeline = $1 AND sealed_at <= $2
         ORDER BY sealed_at DESC, number DESC LIMIT 1`,
        outputTimeline,
        moment,
      )
      return newest?.number
    },

    outputSegmentPage: async (outputTimeline: number, { after, last }: NumberRange, window: UtcRange) =>
      pageOf<OutputSegment>(
        await db.all<StoredSlotRow>(
          `${segmentsWith('slot')} WHERE s.end_utc > $4 AND s.start_utc < $5 ORDER BY s.number, made_of.idx`,
          outputTimeline,
          after,
          last,
          window.start,
          window.end,
        ),
      ),

    outputSegmentSummaries: async (outputTimeline: number, { after, last }: NumberRange) =>
      summaryPageOfRows(
        await db.all<StoredSlotRow>(
          `${segmentsWith('slot_summary')} ORDER BY s.number, made_of.idx`,
          outputTimeline,
          after,
          last,
        ),
      ),
  } satisfies Partial<SegmentIndex & SmallRequests>
}

/** The numbers from the first to the last that were found; undefined when none was. */
function rangeOf(found: Found | undefined): NumberRange | undefined {
  if (!found || found.first === null || found.last === null) return undefined
  return { after: found.first - 1, last: found.last }
}
