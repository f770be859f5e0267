import type { Ticks, UtcMs } from '../media/time.ts'
import type { AdEvent } from './ad-events/ad-event.ts'
import type { SegmentSummary, SlotSummary } from './output-segment.ts'
import type { StoredSegmentSummary } from './segment-summary.ts'
import { hasShape, type SlotShape, shapeOf, writeNumbers } from './slot-columns.ts'
import { type SlotExtras, slotShown } from './slot-summary-reader.ts'
import { type AnySlotSummary, currentSlotSummary } from './slot-summary-versions.ts'

/** Where a segment stands among others. */
export type SegmentPlace = Partial<
  Pick<SegmentSummary, 'number' | 'era' | 'discontinuity' | 'discontinuitySequence' | 'period'>
>

/** What is stored of a segment beside its number, its era and its slots. */
export type StoredSegmentBody = Omit<StoredSegmentSummary, 'number' | 'era' | 'slots'>

/** Bytes of a segment beside the numbers of its slots, and of an ad break or an ended event that it tells of. */
const SEGMENT_BYTES = 300
const AD_BYTES = 200
/** Of each ad event that it names. */
const NAME_BYTES = 16
/** There is room for so many at first. */
const FIRST_NUMBERS = 64

/**
 * Summaries of output segments, to be kept in great numbers: all that their records say of slots is numbers in one
 * array, and a slot is made of them whenever it is asked for. Memory: some 300 bytes for a segment, and for each slot
 * eight for each number of its record: some 150 for three renditions.
 */
export class PackedSummaries {
  readonly segments: SegmentSummary[] = []
  private readonly slots = new PackedSlots()
  private newest: PackedSegment | undefined
  private adBytes = 0

  /** Adds a segment to which slots are added then. */
  addSegment(number: number, era: number, body: StoredSegmentBody): void {
    this.newest = new PackedSegment(this.slots, { number, era, body }, this.newest)
    this.segments.push(this.newest)
    this.adBytes += bytesOfAds(body)
  }

  /** Adds a slot to the newest segment. */
  addSlot(slot: AnySlotSummary): void {
    this.adBytes += this.slots.add(slot)
    if (this.newest) this.newest.slotCount++
  }

  /** No more can be added after that. */
  seal(): this {
    this.slots.seal()
    return this
  }

  /** About as many bytes as it takes in memory. */
  get bytes(): number {
    return this.segments.length * SEGMENT_BYTES + this.slots.bytes + this.adBytes
  }
}

function bytesOfAds({ adBreaks = [], shownAds }: StoredSegmentBody): number {
  if (!shownAds) return adBreaks.length * AD_BYTES
  const { begins = [], goesOn = [], ends = [] } = shownAds
  const named = [...begins, ...goesOn].reduce((sum, { numbers }) => sum + numbers.length * NAME_BYTES, 0)
  return ends.reduce((sum, { closer = '' }) => sum + AD_BYTES + closer.length, adBreaks.length * AD_BYTES + named)
}

/** Of many events, each may have a long section. */
function bytesOfEvents(events: readonly AdEvent[] = []): number {
  return events.reduce((sum, { opener, upid }) => sum + 2 * AD_BYTES + opener.length + (upid?.hex.length ?? 0), 0)
}

/** The slots of consecutive segments. */
class PackedSlots {
  private readonly shapes: SlotShape[] = []
  /** Where the numbers of each slot begin. */
  private readonly bases: number[] = []
  private readonly extras = new Map<number, SlotExtras>()
  private numbers = new Float64Array(FIRST_NUMBERS)
  private length = 0
  /** The segment whose slots were asked for last, and most often is asked again at once. */
  private lastOf: PackedSegment | undefined
  private last: readonly SlotSummary[] = []

  get count(): number {
    return this.bases.length
  }

  get bytes(): number {
    return this.numbers.byteLength + this.count * 16
  }

  /** Gives the bytes that it takes beside its numbers. */
  add(any: AnySlotSummary): number {
    const stored = currentSlotSummary(any)
    const previous = this.shapes.at(-1)
    const isLikePrevious = previous !== undefined && hasShape(stored, previous)
    const shape = isLikePrevious ? previous : (this.shapes.find((each) => hasShape(stored, each)) ?? shapeOf(stored))
    const { ad, ev } = stored
    if (ad || ev) this.extras.set(this.count, { ...(ad && { adTags: ad }), ...(ev && { begins: ev }) })
    this.shapes.push(shape)
    this.bases.push(this.length)
    const end = this.length + shape.length
    if (end > this.numbers.length) {
      const fewer = this.numbers
      this.numbers = new Float64Array(2 * end)
      this.numbers.set(fewer)
    }
    writeNumbers(this.numbers, this.length, stored, shape)
    this.length = end
    return ad || ev ? bytesOfEvents(ev?.begins) + (ad?.join().length ?? 0) : 0
  }

  seal(): void {
    this.numbers = this.numbers.slice(0, this.length)
  }

  of(segment: PackedSegment): readonly SlotSummary[] {
    if (this.lastOf === segment) return this.last
    const slots: SlotSummary[] = []
    for (let at = segment.firstSlot; at < segment.firstSlot + segment.slotCount; at++) {
      const place = { shape: this.shapes[at]!, numbers: this.numbers, base: this.bases[at]! }
      slots.push(slotShown(place, this.extras.get(at), segment))
    }
    this.lastOf = segment
    this.last = slots
    return slots
  }

  /** True where a slot of a segment has ad tags, or an ad event begins with it. */
  have(what: keyof SlotExtras, { firstSlot, slotCount }: PackedSegment): boolean {
    if (this.extras.size === 0) return false
    for (let at = firstSlot; at < firstSlot + slotCount; at++) if (this.extras.get(at)?.[what]) return true
    return false
  }
}

export class PackedSegment implements SegmentSummary {
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
  readonly firstSlot: number
  slotCount = 0
  private readonly packed: PackedSlots

  /** `before` is the segment before it, which most often is of the same period. */
  constructor(
    packed: PackedSlots,
    { number, era, body: stored }: { number: number; era: number; body: StoredSegmentBody },
    before: PackedSegment | undefined,
  ) {
    this.packed = packed
    this.firstSlot = packed.count
    this.number = number
    this.era = era
    this.start = stored.start
    this.duration = stored.duration
    this.startUtc = stored.startUtc
    this.sealedAt = stored.sealedAt
    this.discontinuity = stored.discontinuity
    this.discontinuitySequence = stored.discontinuitySequence
    const { period } = stored
    const same = before?.period
    if (period) this.period = same?.number === period.number && same.start === period.start ? same : period
    if (stored.shownAds) this.shownAds = stored.shownAds
    if (stored.adBreaks) this.adBreaks = stored.adBreaks
    if (stored.shift) this.shift = stored.shift
    if (stored.targetDuration !== undefined) this.targetDuration = stored.targetDuration
    if (stored.images !== undefined) this.images = stored.images
  }

  /** False of nearly all, at little cost. */
  get mayHaveAdTags(): boolean {
    return this.packed.have('adTags', this)
  }

  get mayBeginAds(): boolean {
    return this.packed.have('begins', this)
  }

  inPlace(place: SegmentPlace): PackedSegment {
    return Object.assign(Object.create(PackedSegment.prototype) as PackedSegment, this, place)
  }

  get slots(): readonly SlotSummary[] {
    return this.packed.of(this)
  }
}
