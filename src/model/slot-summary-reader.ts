import { msBetween, type Ticks, ticks, utcMs } from '../media/time.ts'
import { laterMarks } from './ad-events/ad-event.ts'
import type { ObjectSummary, SegmentSummary, SlotSummary } from './output-segment.ts'
import type { StoredSlotSummary } from './slot-summary.ts'
import { type AnySlotSummary, currentSlotSummary } from './slot-summary-versions.ts'
import type { TrackTimes } from './source-segment.ts'

/**
 * What a record tells of a slot, as its segment shows it. Throws UnknownRecordVersion when a newer version wrote it.
 */
export function readSlotSummary(any: AnySlotSummary, segment: Omit<SegmentSummary, 'slots'>): SlotSummary {
  const stored = currentSlotSummary(any)
  const { era, shift, sealedAt } = segment
  const start = ticks(stored.at + (shift?.ticks ?? 0))
  const startUtc = utcMs(segment.startUtc + msBetween(segment.start, start))
  const slot = { era, start, duration: stored.d, startUtc, sealedAt, objects: objectsIn(stored, start) }
  return {
    ...slot,
    ...(stored.dm && { isMeasured: true }),
    ...(stored.ct && { continued: stored.ct }),
    ...(stored.ad && { adTags: stored.ad }),
    ...(stored.ev && { ads: shift ? laterMarks(stored.ev, shift) : stored.ev }),
  }
}

/** The objects that a record tells of, with times counted from `start` on. */
function objectsIn(stored: StoredSlotSummary, start: Ticks): Readonly<Record<number, ObjectSummary>> {
  const columns = new Columns(stored, start)
  const objects: Record<number, ObjectSummary> = {}
  for (let i = 0; i < stored.n.length; i++) objects[stored.n[i]!] = new StoredObject(columns, i)
  return objects
}

/** Times of WebVTT. */
const NEVER: readonly TrackTimes[] = []

/** The columns of a record; renditions that are shown alike get one list of times. */
class Columns {
  readonly stored: StoredSlotSummary
  private readonly zero: Ticks
  /** By timing, once somebody has asked. */
  private timings: (readonly (TrackTimes | null)[])[] | undefined = undefined

  constructor(stored: StoredSlotSummary, start: Ticks) {
    this.stored = stored
    this.zero = start
  }

  /** When the tracks of an object are shown, by its position. */
  times(object: number): readonly (TrackTimes | null)[] {
    const { t } = this.stored
    const timing = t ? t[object]! : 0
    if (timing < 0) return NEVER
    this.timings ??= this.allTimings()
    return this.timings[timing]!
  }

  /** Where an object begins, if not with the slot. */
  start(object: number): Ticks | undefined {
    const from = this.stored.os?.[object]
    return from == null ? undefined : ticks(this.zero + from)
  }

  /** How long an object lasts, if not as long as the slot. */
  duration(object: number): Ticks | undefined {
    const duration = this.stored.od?.[object]
    return duration == null ? undefined : ticks(duration)
  }

  keyFrames(object: number) {
    const { kn, kt, ko, ks } = this.stored
    const [from, count] = kn ? [total(kn, object), kn[object] ?? 0] : [object, 1]
    return Array.from({ length: count }, (_, i) => ({
      pts: this.zero + kt[from + i]!,
      offset: ko[from + i]!,
      size: ks[from + i]!,
    }))
  }

  private allTimings(): (readonly (TrackTimes | null)[])[] {
    const { c, f } = this.stored
    const tracks: (TrackTimes | null)[] = []
    for (let i = 0; i < f.length; i++) tracks.push(this.track(i))
    return c ? c.map((count, timing) => tracks.slice(total(c, timing), total(c, timing) + count)) : [tracks]
  }

  private track(position: number): TrackTimes | null {
    const { f, l, p } = this.stored
    const first = f[position]
    if (first == null) return null
    const times = { first: this.zero + first, last: this.zero + l[position]!, bytes: 0 }
    const pictures = p?.[position]
    return pictures == null ? times : { ...times, pictures }
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
    return this.columns.stored.s[this.position]!
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
