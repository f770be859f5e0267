import type { UtcMs } from '../../media/time.ts'
import type { InputRef } from '../../model/input-ref.ts'
import type { SegmentRuns } from '../../model/overview/segment-runs.ts'
import type { SlotRuns } from '../../model/overview/slot-runs.ts'
import type { NumberRange } from '../../model/segment-numbers.ts'
import { SLOT_SUMMARY_VERSION } from '../../model/slot-summary.ts'
import { ENTRIES_OF_A_SPAN, type RunSpan, SPANS_AT_ONCE } from '../run-reader.ts'
import { type SegmentRunRow, type SlotRunRow, segmentRunsOf, slotRunsOf } from '../run-rows.ts'
import type { SqliteDatabase } from './database.ts'
import { knownInput } from './inputs.ts'
import type { Operations } from './synchronous.ts'

type Summed = {
  readonly count: number
  readonly start: UtcMs | null
  readonly end: UtcMs | null
  readonly first: UtcMs | null
  readonly last: UtcMs | null
}

type SealedSlot = Omit<SlotRunRow, 'era' | 'idx'> & { readonly id: number }
type Place = { readonly id: number; readonly era: number; readonly idx: number }

const SUMS = `count(*) AS count, min(start_utc) AS start, max(end_utc) AS "end", min(sealed_at) AS first,
  max(sealed_at) AS last`

export function runOperations(db: SqliteDatabase) {
  const spanOf = ({ after, last }: NumberRange, summed: Summed | undefined, isFull: boolean): RunSpan | undefined => {
    if (!summed || summed.start === null || summed.end === null || summed.first === null || summed.last === null)
      return undefined
    const { count, start, end } = summed
    return { after, last, count, range: { start, end }, sealed: { first: summed.first, last: summed.last }, isFull }
  }

  const slotSums = (input: number, { after, last }: NumberRange) =>
    db.get<Summed>(
      `SELECT ${SUMS} FROM slot INDEXED BY slot_sealed WHERE input = ? AND sealed_at > ? AND sealed_at <= ?`,
      input,
      after,
      last,
    )

  const segmentSums = (outputTimeline: number, { after, last }: NumberRange) =>
    db.get<Summed>(
      `SELECT ${SUMS} FROM output_segment WHERE output_timeline = ? AND number > ? AND number <= ?`,
      outputTimeline,
      after,
      last,
    )

  const nextSlotSpan = (input: number, after: number): RunSpan | undefined => {
    const full = db.get<{ last: number }>(
      `SELECT sealed_at AS last FROM slot INDEXED BY slot_sealed WHERE input = ? AND sealed_at > ?
       ORDER BY sealed_at LIMIT 1 OFFSET ${ENTRIES_OF_A_SPAN - 1}`,
      input,
      after,
    )
    const summed = slotSums(input, { after, last: full?.last ?? Number.MAX_SAFE_INTEGER })
    return spanOf({ after, last: full?.last ?? summed?.last ?? after }, summed, full !== undefined)
  }

  const segmentSpan = (outputTimeline: number, after: number): RunSpan | undefined => {
    const span = { after, last: after + ENTRIES_OF_A_SPAN }
    return spanOf(span, segmentSums(outputTimeline, span), numberAfter(outputTimeline, span.last) !== undefined)
  }

  const placeOf = (id: number) => db.get<Place>('SELECT id, era, idx FROM slot WHERE id = ?', id)!

  /**
   * Slots with their places, which are in an index: a row of the table takes a page. Slots are sealed in the order of
   * their places, but for those that an encoder sends of two eras in turns.
   */
  const placed = (input: number, slots: readonly SealedSlot[]): readonly SlotRunRow[] => {
    const [first] = slots
    if (!first) return []
    const { era, idx } = placeOf(first.id)
    const places = db.all<Place>(
      `SELECT id, era, idx FROM slot INDEXED BY slot_by_place WHERE input = ? AND (era, idx) >= (?, ?)
       ORDER BY era, idx LIMIT ?`,
      input,
      era,
      idx,
      slots.length,
    )
    const byId = new Map(places.map((place) => [place.id, place]))
    return slots.map((slot) => {
      const place = byId.get(slot.id) ?? placeOf(slot.id)
      return { ...slot, era: place.era, idx: place.idx }
    })
  }

  const numberAfter = (outputTimeline: number, after: number) =>
    db.get<{ number: number }>(
      'SELECT number FROM output_segment WHERE output_timeline = ? AND number > ? ORDER BY number LIMIT 1',
      outputTimeline,
      after,
    )?.number

  return {
    slotSpans(ingest: InputRef, after: number): readonly RunSpan[] {
      const input = knownInput(db, ingest)
      const spans: RunSpan[] = []
      for (let span = nextSlotSpan(input, after); span; span = nextSlotSpan(input, span.last)) {
        spans.push(span)
        if (!span.isFull || spans.length === SPANS_AT_ONCE) break
      }
      return spans
    },

    slotRuns(ingest: InputRef, { after, last }: NumberRange): SlotRuns {
      const input = knownInput(db, ingest)
      const sealed = db.all<SealedSlot>(
        `SELECT t.id, t.start_utc, t.end_utc, json_extract(m.body, '$.n', '$.ct') AS streams,
           CASE WHEN m.body ->> '$.v' = ${SLOT_SUMMARY_VERSION} THEN NULL
             ELSE coalesce(m.body, (SELECT body FROM slot WHERE id = t.id)) END AS body
         FROM slot t INDEXED BY slot_sealed LEFT JOIN slot_summary m ON m.slot = t.id
         WHERE t.input = ? AND t.sealed_at > ? AND t.sealed_at <= ? ORDER BY t.sealed_at, t.id`,
        input,
        after,
        last,
      )
      const rows = placed(input, sealed)
      const eras = db.all<{ body: string }>(
        `SELECT body FROM era WHERE input = ?1 AND is_alias = 0 AND (id IN (SELECT value FROM json_each(?2)) OR id IN (
           SELECT (SELECT max(id) FROM era WHERE input = ?1 AND is_alias = 0 AND id < value) FROM json_each(?2)))
         ORDER BY id`,
        input,
        JSON.stringify([...new Set(rows.map(({ era }) => era))]),
      )
      return slotRunsOf(rows, eras)
    },

    slotsLeft(ingest: InputRef, spans: readonly NumberRange[]): readonly (RunSpan | undefined)[] {
      const input = knownInput(db, ingest)
      return spans.map((span) => spanOf(span, slotSums(input, span), true))
    },

    segmentSpans(outputTimeline: number, after: number): readonly RunSpan[] {
      const spans: RunSpan[] = []
      for (let next = numberAfter(outputTimeline, after); next !== undefined; ) {
        // Each begins behind a multiple of their length, whatever has been deleted.
        const span = segmentSpan(outputTimeline, next - 1 - ((next - 1) % ENTRIES_OF_A_SPAN))
        if (!span) break
        spans.push(span)
        if (!span.isFull || spans.length === SPANS_AT_ONCE) break
        next = numberAfter(outputTimeline, span.last)
      }
      return spans
    },

    segmentRuns(outputTimeline: number, { after, last }: NumberRange): SegmentRuns {
      const rows = db.all<SegmentRunRow>(
        `SELECT number, start_utc, end_utc, input, slot_era, first_slot, slot_count,
           json_extract(body, '$.discontinuity', '$.shift', '$.shownAds') AS facts
         FROM output_segment WHERE output_timeline = ? AND number > ? AND number <= ? ORDER BY number`,
        outputTimeline,
        after,
        last,
      )
      const inputs = db.all<{ id: number; ingestEndpointId: string }>(
        `SELECT id, ingest_endpoint_id AS ingestEndpointId FROM input WHERE id IN (SELECT value FROM json_each(?))`,
        JSON.stringify([...new Set(rows.map(({ input }) => input))]),
      )
      return segmentRunsOf(rows, inputs)
    },

    segmentsLeft: (outputTimeline: number, spans: readonly NumberRange[]): readonly (RunSpan | undefined)[] =>
      spans.map((span) => spanOf(span, segmentSums(outputTimeline, span), true)),
  } satisfies Partial<Operations>
}
