import { msBetween, type Ticks, ticks, type UtcMs, utcMs } from '../media/time.ts'
import { hasStream, type ObjectSummary, type SegmentSummary, type SlotSummary } from './output-segment.ts'

/** When the segment of one stream is shown: on its era's timeline, and by the source's clock. */
export type StreamInterval = { readonly start: Ticks; readonly duration: Ticks; readonly startUtc: UtcMs }

/**
 * The interval of what a stream has in an output segment: the output segment's own, unless the stream is cut otherwise
 * than the first. It lasts no time at all where nothing of the stream begins and what began before goes on.
 */
export function intervalOfStream(segment: SegmentSummary, index: number): StreamInterval {
  const whole = wholeInterval(segment, index)
  if (!segment.isCut && !segment.isCutAtStart) return whole
  const start = ticks(segment.isCutAtStart ? Math.max(whole.start, segment.start) : whole.start)
  const end = Math.min(whole.start + whole.duration, segment.start + segment.duration)
  const startUtc = utcMs(whole.startUtc + msBetween(whole.start, start))
  return { start, startUtc, duration: ticks(Math.max(end - start, 0)) }
}

function wholeInterval(segment: SegmentSummary, index: number): StreamInterval {
  const { slots, start, duration, startUtc } = segment
  // The usual case needs no times, which are costly to read of a summary.
  const [head, tail] = [slots[0]?.objects[index], slots.at(-1)?.objects[index]]
  if (head && tail && isCutAlike(head) && isCutAlike(tail)) return { start, duration, startUtc }
  const at = slots.findIndex(({ objects }) => isTimed(objects[index]))
  const [first, last] = [slots[at], slots.findLast(({ objects }) => isTimed(objects[index]))]
  if (!first || !last) {
    const isOver = slots.every(({ continued }) => continued?.includes(index))
    return isOver ? { start, duration: ticks(0), startUtc } : { start, duration, startUtc }
  }
  const lacked = slots.slice(0, at).find((slot) => !hasStream(slot, index))
  const from = lacked?.start ?? first.objects[index]!.start ?? first.start
  const isToEnd = hasStream(slots.at(-1)!, index)
  const until = isToEnd ? endOfObject(last, last.objects[index]!) : start + duration
  return { start: from, duration: ticks(until - from), startUtc: utcMs(startUtc + msBetween(start, from)) }
}

/** True of what begins and ends with its slot. */
function isCutAlike(object: ObjectSummary): boolean {
  return object.start === undefined && object.duration === undefined
}

/** False of text, which is listed with the output segment whatever it lasts. */
export function isTimed(object: ObjectSummary | undefined): boolean {
  return object?.times !== undefined && object.times.length > 0
}

/** Where what a stream has in a slot ends, on the era's timeline. */
export function endOfObject(slot: Pick<SlotSummary, 'start' | 'duration'>, object: ObjectSummary): Ticks {
  return ticks((object.start ?? slot.start) + (object.duration ?? slot.duration))
}
