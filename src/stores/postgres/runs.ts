import type { UtcMs } from '../../media/time.ts'
import type { InputRef } from '../../model/input-ref.ts'
import type { NumberRange } from '../../model/segment-numbers.ts'
import { SLOT_SUMMARY_VERSION } from '../../model/slot-summary.ts'
import { ENTRIES_OF_A_SPAN, type RunReader, type RunSpan, SPANS_AT_ONCE } from '../run-reader.ts'
import { type SegmentRunRow, type SlotRunRow, segmentRunsOf, slotRunsOf } from '../run-rows.ts'
import type { Queries } from './database.ts'
import { INPUT_ID } from './inputs.ts'

type SummedSpan = {
  readonly after: number
  readonly last: number
  readonly count: number
  readonly start: UtcMs
  readonly end: UtcMs
  readonly first_sealed: UtcMs
  readonly last_sealed: UtcMs
  readonly is_full: boolean
}

function spanOf({ after, last, count, start, end, first_sealed, last_sealed, is_full }: SummedSpan): RunSpan {
  const sealed = { first: first_sealed, last: last_sealed }
  return { after, last, count, range: { start, end }, sealed, isFull: is_full }
}

const SUMS = `count(*) AS count, min(start_utc) AS start, max(end_utc) AS "end", min(sealed_at) AS first_sealed,
  max(sealed_at) AS last_sealed`

/** How content lies in time, in small steps. */
export function runOperations(db: Queries) {
  const left = async (sql: string, spans: readonly NumberRange[], ...values: (string | number)[]) => {
    const rows = await db.all<Omit<SummedSpan, 'is_full'>>(
      sql,
      spans.map(({ after }) => after),
      spans.map(({ last }) => last),
      ...values,
    )
    return rows.map((row) => (row.count === 0 ? undefined : spanOf({ ...row, is_full: true })))
  }

  return {
    async slotSpans({ channelGuid, ingestEndpointId }: InputRef, after: number) {
      const spans: RunSpan[] = []
      for (let from = after; spans.length < SPANS_AT_ONCE; ) {
        const summed = await db.get<SummedSpan>(
          `SELECT $3::bigint AS after, coalesce(full_until, max(sealed_at)) AS last, full_until IS NOT NULL AS is_full,
             ${SUMS}
           FROM (SELECT (
             SELECT sealed_at FROM windrow.slot WHERE input = ${INPUT_ID} AND sealed_at > $3 ORDER BY sealed_at
             LIMIT 1 OFFSET ${ENTRIES_OF_A_SPAN - 1}) AS full_until) AS span
           CROSS JOIN windrow.slot
           WHERE input = ${INPUT_ID} AND sealed_at > $3 AND sealed_at <= coalesce(full_until, $4)
           GROUP BY full_until`,
          channelGuid,
          ingestEndpointId,
          from,
          Number.MAX_SAFE_INTEGER,
        )
        if (!summed) break
        const span = spanOf(summed)
        spans.push(span)
        if (!span.isFull) break
        from = span.last
      }
      return spans
    },

    async slotRuns({ channelGuid, ingestEndpointId }: InputRef, { after, last }: NumberRange) {
      // Operators of JSON refuse U+0000, which ad tags may have. In JSON, no string has a quotation mark as it is.
      // OFFSET keeps PostgreSQL from joining all summaries of the input first.
      const rows = await db.all<SlotRunRow>(
        `SELECT t.era, t.idx, t.start_utc, t.end_utc,
           '[' || substring(m.body FROM '"n":(\\[[0-9,]*\\])') || ','
             || coalesce(substring(m.body FROM '"ct":(\\[[0-9,]*\\])'), 'null') || ']' AS streams,
           CASE WHEN m.body LIKE '{"v":${SLOT_SUMMARY_VERSION},%' THEN NULL
             ELSE coalesce(m.body, (SELECT body FROM windrow.slot WHERE id = t.id)) END AS body
         FROM (SELECT id, input, era, idx, start_utc, end_utc, sealed_at FROM windrow.slot
               WHERE input = ${INPUT_ID} AND sealed_at > $3 AND sealed_at <= $4 ORDER BY sealed_at OFFSET 0) AS t
         LEFT JOIN LATERAL (SELECT body FROM windrow.slot_summary AS summary
           WHERE summary.input = t.input AND summary.era = t.era AND summary.idx = t.idx LIMIT 1) AS m ON true
         ORDER BY t.sealed_at, t.era, t.idx`,
        channelGuid,
        ingestEndpointId,
        after,
        last,
      )
      const eras = await db.all<{ body: string }>(
        `SELECT body FROM windrow.era WHERE input = ${INPUT_ID} AND NOT is_alias AND (id = ANY ($3) OR id IN (
           SELECT (SELECT max(id) FROM windrow.era
                   WHERE input = ${INPUT_ID} AND NOT is_alias AND id < shown) FROM unnest($3::bigint[]) AS shown))
         ORDER BY id`,
        channelGuid,
        ingestEndpointId,
        [...new Set(rows.map(({ era }) => era))],
      )
      return slotRunsOf(rows, eras)
    },

    slotsLeft: ({ channelGuid, ingestEndpointId }: InputRef, spans: readonly NumberRange[]) =>
      left(
        `SELECT span.after, span.last, found.*
         FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS span (after, last, place)
         CROSS JOIN LATERAL (SELECT ${SUMS} FROM windrow.slot
           WHERE input = (SELECT id FROM windrow.input WHERE channel_guid = $3 AND ingest_endpoint_id = $4)
             AND sealed_at > span.after AND sealed_at <= span.last) AS found
         ORDER BY place`,
        spans,
        channelGuid,
        ingestEndpointId,
      ),

    async segmentSpans(outputTimeline: number, after: number) {
      const summed = await db.all<SummedSpan>(
        `SELECT place * $3 AS after, (place + 1) * $3 AS last, found.*,
           EXISTS (SELECT FROM windrow.output_segment
                   WHERE output_timeline = $1 AND number > (place + 1) * $3) AS is_full
         FROM (SELECT ((SELECT number FROM windrow.output_segment
                        WHERE output_timeline = $1 AND number > $2 ORDER BY number LIMIT 1) - 1) / $3 AS first) AS begun
         CROSS JOIN generate_series(first, first + $4 - 1) AS place
         CROSS JOIN LATERAL (SELECT ${SUMS} FROM windrow.output_segment
           WHERE output_timeline = $1 AND number > place * $3 AND number <= (place + 1) * $3) AS found
         ORDER BY place`,
        outputTimeline,
        after,
        ENTRIES_OF_A_SPAN,
        SPANS_AT_ONCE,
      )
      return summed.filter(({ count }) => count > 0).map(spanOf)
    },

    async segmentRuns(outputTimeline: number, { after, last }: NumberRange) {
      const rows = await db.all<SegmentRunRow>(
        `SELECT number, start_utc, end_utc, input, slot_era, first_slot, slot_count,
           json_build_array(body::json -> 'discontinuity', body::json -> 'shift', body::json -> 'shownAds')::text AS facts
         FROM windrow.output_segment WHERE output_timeline = $1 AND number > $2 AND number <= $3 ORDER BY number`,
        outputTimeline,
        after,
        last,
      )
      const inputs = await db.all<{ id: number; ingestEndpointId: string }>(
        'SELECT id, ingest_endpoint_id AS "ingestEndpointId" FROM windrow.input WHERE id = ANY ($1)',
        [...new Set(rows.map(({ input }) => input))],
      )
      return segmentRunsOf(rows, inputs)
    },

    segmentsLeft: (outputTimeline: number, spans: readonly NumberRange[]) =>
      left(
        `SELECT span.after, span.last, found.*
         FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS span (after, last, place)
         CROSS JOIN LATERAL (SELECT ${SUMS} FROM windrow.output_segment
           WHERE output_timeline = $3 AND number > span.after AND number <= span.last) AS found
         ORDER BY place`,
        spans,
        outputTimeline,
      ),
  } satisfies RunReader
}
