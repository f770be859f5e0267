import type { UtcMs } from '../media/time.ts'
import type { SegmentAds } from '../model/ad-events/segment-ads.ts'
import type { Era } from '../model/output-segment.ts'
import { type SegmentRuns, segmentRuns } from '../model/overview/segment-runs.ts'
import { type SlotRuns, slotRuns } from '../model/overview/slot-runs.ts'
import { type AnySlotSummary, currentSlotSummary } from '../model/slot-summary-versions.ts'

/** A slot, for its run. */
export type SlotRunRow = {
  readonly era: number
  readonly idx: number
  readonly start_utc: UtcMs
  readonly end_utc: UtcMs
  /** The columns `n` and `ct` of its summary, a list in JSON. */
  readonly streams: string | null
  /** Null where the summary is of today's version; else the summary, or the slot itself where it has none. */
  readonly body: string | null
}

/** The runs of slots, as rows in the order of their sealing, and of their eras with those before, oldest first. */
export function slotRunsOf(rows: readonly SlotRunRow[], eras: readonly { readonly body: string }[]): SlotRuns {
  const lists = new Map<string, readonly number[]>()
  const listOf = ({ streams, body }: SlotRunRow): readonly number[] => {
    const text = body === null ? (streams ?? '[[],null]') : streamsOfOlder(body)
    let list = lists.get(text)
    if (!list) {
      const [n, ct] = JSON.parse(text) as readonly [readonly number[], readonly number[] | null]
      list = [...n, ...(ct ?? [])]
      lists.set(text, list)
    }
    return list
  }
  const slots = function* () {
    for (const row of rows) {
      yield { era: row.era, index: row.idx, start: row.start_utc, end: row.end_utc, streams: listOf(row) }
    }
  }
  return slotRuns(
    slots(),
    eras.map(({ body }) => JSON.parse(body) as Era),
  )
}

/** The same columns of what an earlier version wrote. */
function streamsOfOlder(body: string): string {
  const { n, ct = null } = currentSlotSummary(JSON.parse(body) as AnySlotSummary)
  return JSON.stringify([n, ct])
}

/** An output segment, for its run. */
export type SegmentRunRow = {
  readonly number: number
  readonly start_utc: UtcMs
  readonly end_utc: UtcMs
  readonly input: number
  readonly slot_era: number
  readonly first_slot: number
  readonly slot_count: number
  /** The members `discontinuity`, `shift` and `shownAds` of the segment, a list in JSON. */
  readonly facts: string
}

type SegmentFacts = readonly [
  discontinuity: boolean | null,
  shift: { readonly ms: number } | null,
  shownAds: SegmentAds | null,
]

/** The runs of output segments, as rows in the order of their numbers, of inputs with these row ids. */
export function segmentRunsOf(
  rows: readonly SegmentRunRow[],
  inputs: readonly { readonly id: number; readonly ingestEndpointId: string }[],
): SegmentRuns {
  const names = new Map(inputs.map(({ id, ingestEndpointId }) => [id, ingestEndpointId]))
  let parsed: { readonly text: string; readonly facts: SegmentFacts } | undefined
  const factsOf = (text: string) => {
    // Nearly all segments have the same as the one before.
    if (parsed?.text !== text) parsed = { text, facts: JSON.parse(text) as SegmentFacts }
    return parsed.facts
  }
  const segments = function* () {
    for (const row of rows) {
      const [discontinuity, shift, ads] = factsOf(row.facts)
      yield {
        number: row.number,
        start: row.start_utc,
        end: row.end_utc,
        discontinuity: discontinuity ?? false,
        input: names.get(row.input) ?? '',
        slotEra: row.slot_era,
        firstSlot: row.first_slot,
        slotCount: row.slot_count,
        shiftMs: shift?.ms ?? 0,
        ads: ads ?? undefined,
      }
    }
  }
  return segmentRuns(segments())
}
