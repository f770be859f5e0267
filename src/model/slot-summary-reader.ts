import { msBetween, type Ticks, ticks, utcMs } from '../media/time.ts'
import { type BeginningAds, laterMarks } from './ad-events/ad-event.ts'
import type { ObjectSummary, SegmentSummary, SlotSummary } from './output-segment.ts'
import { DURATION, type SlotShape, START } from './slot-columns.ts'
import type { TrackTimes } from './source-segment.ts'

/** What the record of a slot tells, in numbers: `numbers[base]` is the first of the slot. */
export type SlotNumbers = { readonly shape: SlotShape; readonly numbers: Float64Array; readonly base: number }

/** What few slots have: the lines of ad tags, and the ad events that begin with the slot. */
export type SlotExtras = { readonly adTags?: readonly string[]; readonly begins?: BeginningAds }

/** A slot as its segment shows it. */
export function slotShown(
  { shape, numbers, base }: SlotNumbers,
  extras: SlotExtras | undefined,
  segment: Omit<SegmentSummary, 'slots'>,
): SlotSummary {
  const { era, shift, sealedAt } = segment
  const start = ticks(numbers[base + START]! + (shift?.ticks ?? 0))
  const columns = new Columns(shape, numbers, base, start)
  const objects: Record<number, ObjectSummary> = {}
  for (let i = 0; i < shape.n.length; i++) objects[shape.n[i]!] = new StoredObject(columns, i)
  const slot: { -readonly [Field in keyof SlotSummary]: SlotSummary[Field] } = {
    era,
    start,
    duration: ticks(numbers[base + DURATION]!),
    startUtc: utcMs(segment.startUtc + msBetween(segment.start, start)),
    sealedAt,
    objects,
  }
  if (shape.dm) slot.isMeasured = true
  if (shape.ct) slot.continued = shape.ct
  if (extras?.adTags) slot.adTags = extras.adTags
  if (extras?.begins) slot.ads = shift ? laterMarks(extras.begins, shift) : extras.begins
  return slot
}

/** Times of WebVTT. */
const NEVER: readonly TrackTimes[] = []

/** The columns of a record; renditions that are shown alike get one list of times. */
class Columns {
  private readonly shape: SlotShape
  private readonly numbers: Float64Array
  private readonly base: number
  private readonly zero: Ticks
  /** By timing, once somebody has asked. */
  private timings: (readonly (TrackTimes | null)[])[] | undefined = undefined

  constructor(shape: SlotShape, numbers: Float64Array, base: number, start: Ticks) {
    this.shape = shape
    this.numbers = numbers
    this.base = base
    this.zero = start
  }

  /** The size of an object, by its position. */
  size(object: number): number {
    return this.numbers[this.base + this.shape.s + object]!
  }

  /** When the tracks of an object are shown. */
  times(object: number): readonly (TrackTimes | null)[] {
    const { t } = this.shape
    const timing = t ? t[object]! : 0
    if (timing < 0) return NEVER
    this.timings ??= this.allTimings()
    return this.timings[timing]!
  }

  /** Where an object begins, if not with the slot. */
  start(object: number): Ticks | undefined {
    const from = this.known(this.shape.os, object)
    return from === undefined ? undefined : ticks(this.zero + from)
  }

  /** How long an object lasts, if not as long as the slot. */
  duration(object: number): Ticks | undefined {
    const duration = this.known(this.shape.od, object)
    return duration === undefined ? undefined : ticks(duration)
  }

  keyFrames(object: number) {
    const { kn, kt, ko, ks } = this.shape
    const { numbers, base } = this
    const [from, count] = kn ? [total(kn, object), kn[object] ?? 0] : [object, 1]
    return Array.from({ length: count }, (_, i) => ({
      pts: this.zero + numbers[base + kt + from + i]!,
      offset: numbers[base + ko + from + i]!,
      size: numbers[base + ks + from + i]!,
    }))
  }

  private allTimings(): (readonly (TrackTimes | null)[])[] {
    const { c, tracks: count } = this.shape
    const tracks: (TrackTimes | null)[] = []
    for (let i = 0; i < count; i++) tracks.push(this.track(i))
    return c ? c.map((own, timing) => tracks.slice(total(c, timing), total(c, timing) + own)) : [tracks]
  }

  private track(position: number): TrackTimes | null {
    const { f, l, p } = this.shape
    const first = this.known(f, position)
    if (first === undefined) return null
    const times = { first: this.zero + first, last: this.zero + this.numbers[this.base + l + position]!, bytes: 0 }
    const pictures = this.known(p, position)
    return pictures === undefined ? times : { ...times, pictures }
  }

  /** A number of a column; undefined where there is no such column, or null in it. */
  private known(column: number | undefined, position: number): number | undefined {
    if (column === undefined) return undefined
    const value = this.numbers[this.base + column + position]!
    return Number.isNaN(value) ? undefined : value
  }
}

function total(counts: readonly number[], before: number): number {
  let sum = 0
  for (let i = 0; i < before; i++) sum += counts[i] ?? 0
  return sum
}

/** A day has hundreds of thousands of them, and few manifests ask for all that one tells. */
class StoredObject implements ObjectSummary {
  private readonly columns: Columns
  private readonly position: number

  constructor(columns: Columns, position: number) {
    this.columns = columns
    this.position = position
  }

  get size() {
    return this.columns.size(this.position)
  }

  get times() {
    return this.columns.times(this.position)
  }

  get start() {
    return this.columns.start(this.position)
  }

  get duration() {
    return this.columns.duration(this.position)
  }

  get keyFrames() {
    return this.columns.keyFrames(this.position)
  }
}
