import { msFromTicks, type Ticks, ticks, utcMs } from '../media/time.ts'
import type { ObjectSummary, SegmentSummary, Slot, SlotSummary } from './output-segment.ts'
import type { TrackTimes } from './source-segment.ts'

/**
 * What manifests need of a slot, in few numbers: its start and duration, and its objects by their streams. A day of
 * slots is read and parsed for one manifest.
 */
export type StoredSlotSummary = readonly [
  start: Ticks,
  duration: Ticks,
  objects: Readonly<Record<number, StoredObjectSummary>>,
]

/** Size and times; then of each key frame when it is shown, where it begins and its size. */
type StoredObjectSummary = readonly [size: number, times: StoredTimes, ...keyFrames: readonly number[]]

/**
 * As in `SlotObject`, from the slot's start on; or the stream whose times are the same, as they are among renditions.
 */
type StoredTimes = readonly (readonly [first: number, last: number, pictures?: number] | null)[] | number | null

export function slotSummaryOf({ start, duration, objects }: Slot): StoredSlotSummary {
  const known = new Map<string, number>()
  const summaries: Record<number, StoredObjectSummary> = {}
  for (const [stream, { size, times, keyFrames = [] }] of Object.entries(objects)) {
    const summarized = times?.map((track) => track && timesFrom(start, track))
    const text = JSON.stringify(summarized)
    const same = known.get(text)
    if (summarized && same === undefined) known.set(text, Number(stream))
    const pictures = keyFrames.flatMap((picture) => [picture.pts - start, picture.offset, picture.size])
    summaries[Number(stream)] = [size, same ?? summarized ?? null, ...pictures]
  }
  return [start, duration, summaries]
}

function timesFrom(start: Ticks, { first, last, pictures }: TrackTimes) {
  return pictures === undefined
    ? ([first - start, last - start] as const)
    : ([first - start, last - start, pictures] as const)
}

/** A slot as a segment shows it, without what names it and its bytes, and what these weigh. */
export function slotFromSummary(
  [at, duration, summaries]: StoredSlotSummary,
  segment: Omit<SegmentSummary, 'slots'>,
): SlotSummary {
  const start = ticks(at + (segment.shift?.ticks ?? 0))
  const objects: Record<number, ObjectSummary> = {}
  for (const stream in summaries) {
    const summary = summaries[stream]!
    const [, times] = summary
    const shown =
      typeof times === 'number' ? objects[times]?.times : times?.map((track) => track && timesAt(start, track))
    objects[stream] = new StoredObject(summary, start, shown ?? NEVER)
  }
  const startUtc = utcMs(segment.startUtc + msFromTicks(ticks(start - segment.start)))
  return { era: segment.era, start, duration, startUtc, sealedAt: segment.sealedAt, objects }
}

function timesAt(start: Ticks, [first, last, pictures]: readonly [number, number, number?]): TrackTimes {
  const times = { first: start + first, last: start + last, bytes: 0 }
  return pictures === undefined ? times : { ...times, pictures }
}

/** Of WebVTT. */
const NEVER: readonly TrackTimes[] = []

/** A day has hundreds of thousands of them, and few manifests ask for their key frames. */
class StoredObject implements ObjectSummary {
  private readonly summary: StoredObjectSummary
  private readonly start: Ticks
  readonly times: readonly (TrackTimes | null)[]

  constructor(summary: StoredObjectSummary, start: Ticks, times: readonly (TrackTimes | null)[]) {
    this.summary = summary
    this.start = start
    this.times = times
  }

  get size() {
    return this.summary[0]
  }

  get keyFrames() {
    const [, , ...numbers] = this.summary
    return Array.from({ length: numbers.length / 3 }, (_, i) => ({
      pts: this.start + numbers[3 * i]!,
      offset: numbers[3 * i + 1]!,
      size: numbers[3 * i + 2]!,
    }))
  }
}
