import { StepMeter, type Steps } from '../../media/steps.ts'
import { type UtcMs, type UtcRange, utcMs } from '../../media/time.ts'
import { type AdsAtSegment, AdsWalk, type SegmentAds } from '../ad-events/segment-ads.ts'
import { firstPlace } from '../first-place.ts'
import { SEAM_MS, type SlotRun } from './slot-runs.ts'

/** An output segment, as far as a view of a timeline shows it. */
export type SegmentInTime = {
  readonly number: number
  readonly start: UtcMs
  readonly end: UtcMs
  readonly discontinuity: boolean
  /** The ingest endpoint of the input whose slots it has, the era of these, and which they are. */
  readonly input: string
  readonly slotEra: number
  readonly firstSlot: number
  readonly slotCount: number
  /** By how many milliseconds its dates are later than those of its slots. */
  readonly shiftMs: number
  readonly ads?: SegmentAds | undefined
}

/** Consecutive output segments with nothing between them, of consecutive slots of one era. */
export type SegmentRun = {
  /** Numbers of the first and the last one. */
  readonly first: number
  readonly last: number
  readonly start: UtcMs
  readonly end: UtcMs
  readonly input: string
  readonly slots: { readonly era: number; readonly first: number; readonly last: number }
  readonly shiftMs: number
  /** True when playback cannot continue seamlessly to the first one from the output segment before it. */
  readonly discontinuity: boolean
}

/** What becomes of ad events with an output segment, beside those before it that were read with it. */
export type ChangedAds = AdsAtSegment & {
  readonly renamed: NonNullable<SegmentAds['renamed']>
  /** When the segment begins. */
  readonly at: UtcMs
}

/** Consecutive output segments as runs, and what becomes of ad events in them. */
export type SegmentRuns = { readonly runs: readonly SegmentRun[]; readonly ads: readonly ChangedAds[] }

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Joins output segments, in the order of their numbers, to runs. */
export function segmentRuns(segments: Iterable<SegmentInTime>): SegmentRuns {
  const runs: SegmentRun[] = []
  const ads: ChangedAds[] = []
  const walk = new AdsWalk()
  let open: Mutable<SegmentRun> | undefined
  for (const segment of segments) {
    const shownAds = segment.ads
    const changes = walk.enter({ number: segment.number, ...(shownAds && { shownAds }) })
    const renamed = shownAds?.renamed ?? []
    const { begins, ends, joins, passed } = changes
    if (begins.length + ends.length + joins.length + passed.length + renamed.length > 0)
      ads.push({ ...changes, renamed, at: segment.start })
    if (open && goesOn(open, segment)) {
      open.last = segment.number
      open.end = segment.end
      open.slots = { ...open.slots, last: segment.firstSlot + segment.slotCount - 1 }
      continue
    }
    const { number, start, end, input, slotEra, firstSlot, slotCount, shiftMs, discontinuity } = segment
    const slots = { era: slotEra, first: firstSlot, last: firstSlot + slotCount - 1 }
    open = { first: number, last: number, start, end, input, slots, shiftMs, discontinuity }
    runs.push(open)
  }
  return { runs, ads }
}

function goesOn(run: SegmentRun, segment: SegmentInTime): boolean {
  return (
    !segment.discontinuity &&
    segment.number === run.last + 1 &&
    segment.input === run.input &&
    segment.slotEra === run.slots.era &&
    segment.firstSlot === run.slots.last + 1 &&
    segment.shiftMs === run.shiftMs &&
    Math.abs(segment.start - run.end) <= SEAM_MS
  )
}

/** A span in which some streams of audio and video have no media. */
export type Lacking = UtcRange & { readonly streams: readonly number[] }

/** Where slots lack streams. */
export function lackingInSlots(runs: Iterable<SlotRun>): readonly Lacking[] {
  const lacking: Lacking[] = []
  for (const { start, end, missing } of runs) if (missing) lacking.push({ start, end, streams: missing })
  return lacking
}

/** Where output segments lack streams: in the slots that they are made of, given by the inputs of these. */
export function* lackingInSegments(
  segments: readonly SegmentRun[],
  slots: ReadonlyMap<string, readonly SlotRun[]>,
): Steps<readonly Lacking[]> {
  const meter = new StepMeter()
  const byEra = new Map<string, SlotRun[]>()
  for (const [input, runs] of slots) {
    for (const run of runs) {
      if (meter.ends()) yield
      if (!run.missing) continue
      const key = `${run.era}/${input}`
      const known = byEra.get(key)
      if (known) known.push(run)
      else byEra.set(key, [run])
    }
  }
  for (const runs of byEra.values()) runs.sort((a, b) => a.first - b.first)
  const lacking: Lacking[] = []
  for (const { start, end, shiftMs, input, slots: made } of segments) {
    const runs = byEra.get(`${made.era}/${input}`) ?? []
    for (let i = firstEndingFrom(runs, made.first); i < runs.length && runs[i]!.first <= made.last; i++) {
      const run = runs[i]!
      const from = utcMs(Math.max(run.start + shiftMs, start))
      const to = utcMs(Math.min(run.end + shiftMs, end))
      if (to > from) lacking.push({ start: from, end: to, streams: run.missing! })
      if (meter.ends()) yield
    }
    if (meter.ends()) yield
  }
  return lacking
}

/** The position of the first of some runs of an era, in their order, that ends with a slot or after it. */
function firstEndingFrom(runs: readonly SlotRun[], slot: number): number {
  return firstPlace(runs.length, (place) => runs[place]!.last >= slot)
}
