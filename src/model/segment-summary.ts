import type { Ticks, UtcMs } from '../media/time.ts'
import { isCueOutCont } from './cue-out-cont.ts'
import type { OutputSegment, SegmentSummary, SlotSummary } from './output-segment.ts'
import { slotSummaryOf } from './slot-summary.ts'
import { readSlotSummary } from './slot-summary-reader.ts'
import type { AnySlotSummary } from './slot-summary-versions.ts'

/** An output segment with summaries of its slots: as they stand in their own eras, where the segment was moved. */
export type StoredSegmentSummary = Omit<OutputSegment, 'slots'> & { readonly slots: readonly AnySlotSummary[] }

export function segmentSummaryOf(segment: OutputSegment): StoredSegmentSummary {
  return { ...segment, slots: segment.slots.map(slotSummaryOf) }
}

/** What a summary tells of a segment, to be looked at again and again. */
export function readSegmentSummary(summarized: StoredSegmentSummary): SegmentSummary {
  const { number, era, start, duration, startUtc, sealedAt, discontinuity, discontinuitySequence } = summarized
  const { period, shownAds, adBreaks, shift, targetDuration, images } = summarized
  const slots = summarized.slots.map((slot) => readSlotSummary(slot, summarized))
  // The spread operator takes several times as long, and a day has tens of thousands of segments.
  const segment: { -readonly [Field in keyof SegmentSummary]: SegmentSummary[Field] } = {
    number,
    era,
    start,
    duration,
    startUtc,
    sealedAt,
    discontinuity,
    discontinuitySequence,
    slots,
  }
  if (period) segment.period = period
  if (shownAds) segment.shownAds = shownAds
  if (adBreaks) segment.adBreaks = adBreaks
  if (shift) segment.shift = shift
  if (targetDuration !== undefined) segment.targetDuration = targetDuration
  if (images !== undefined) segment.images = images
  return segment
}

/**
 * The same, to be kept in great numbers: its slots are read again whenever they are asked for. Memory: about 200 bytes,
 * and as many for each slot as its record has letters: about 170 for three renditions.
 */
export function compactSegmentSummary(summarized: StoredSegmentSummary): SegmentSummary {
  return new CompactSegmentSummary(summarized)
}

/** Where a segment stands among others. */
export type SegmentPlace = Partial<
  Pick<SegmentSummary, 'number' | 'era' | 'discontinuity' | 'discontinuitySequence' | 'period'>
>

/** The segment in another place, such as another period. */
export function inPlace(segment: SegmentSummary, place: SegmentPlace): SegmentSummary {
  return segment instanceof CompactSegmentSummary ? segment.inPlace(place) : { ...segment, ...place }
}

/**
 * The lines of the ad tags of all slots of a segment, but those that say within it that a break goes on. Cheap for one
 * without, as nearly all are.
 */
export function adTagsIn(segment: SegmentSummary): readonly string[] {
  if (segment instanceof CompactSegmentSummary && !segment.mayHaveAdTags) return []
  return segment.slots.flatMap(({ adTags = [] }, i) =>
    i === 0 ? adTags : adTags.filter((line) => !isCueOutCont(line)),
  )
}

/** False where no ad event begins in a slot of a segment. Cheap: in nearly all none does. */
export function mayBeginAds(segment: SegmentSummary): boolean {
  if (segment instanceof CompactSegmentSummary) return segment.mayBeginAds
  return segment.slots.some(({ ads }) => ads !== undefined)
}

class CompactSegmentSummary implements SegmentSummary {
  readonly number: number
  readonly era: number
  readonly start: Ticks
  readonly duration: Ticks
  readonly startUtc: UtcMs
  readonly sealedAt: UtcMs
  readonly discontinuity: boolean
  readonly discontinuitySequence: number
  declare readonly period?: NonNullable<SegmentSummary['period']>
  declare readonly shownAds?: NonNullable<SegmentSummary['shownAds']>
  declare readonly adBreaks?: NonNullable<SegmentSummary['adBreaks']>
  declare readonly shift?: NonNullable<SegmentSummary['shift']>
  declare readonly targetDuration?: number
  declare readonly images?: number
  private readonly slotsJson: string

  constructor(summarized: StoredSegmentSummary) {
    this.number = summarized.number
    this.era = summarized.era
    this.start = summarized.start
    this.duration = summarized.duration
    this.startUtc = summarized.startUtc
    this.sealedAt = summarized.sealedAt
    this.discontinuity = summarized.discontinuity
    this.discontinuitySequence = summarized.discontinuitySequence
    if (summarized.period) this.period = summarized.period
    if (summarized.shownAds) this.shownAds = summarized.shownAds
    if (summarized.adBreaks) this.adBreaks = summarized.adBreaks
    if (summarized.shift) this.shift = summarized.shift
    if (summarized.targetDuration !== undefined) this.targetDuration = summarized.targetDuration
    if (summarized.images !== undefined) this.images = summarized.images
    this.slotsJson = JSON.stringify(summarized.slots)
  }

  /** True where a slot's record has the column of ad tags. */
  get mayHaveAdTags(): boolean {
    return this.slotsJson.includes('"ad":[')
  }

  get mayBeginAds(): boolean {
    return this.slotsJson.includes('"ev":{')
  }

  inPlace(place: SegmentPlace): CompactSegmentSummary {
    return Object.assign(Object.create(CompactSegmentSummary.prototype) as CompactSegmentSummary, this, place)
  }

  get slots(): readonly SlotSummary[] {
    return (JSON.parse(this.slotsJson) as readonly AnySlotSummary[]).map((slot) => readSlotSummary(slot, this))
  }
}
