import type { OutputSegment } from './output-segment.ts'

/** By identity, so that no copy is among them by itself, whoever makes it and whatever it changes. */
const RECORDED = new WeakMap<OutputSegment, number>()

/**
 * Says of an output segment that its media are those recorded under its number in the output timeline with this id,
 * where it never refers to others; returns it. Whoever copies one must say so again where the media stay: everything
 * else counts as changed.
 */
export function asRecorded<Segment extends OutputSegment>(segment: Segment, outputTimeline: number): Segment {
  RECORDED.set(segment, outputTimeline)
  return segment
}

/**
 * The id of the output timeline whose segment it is; undefined when somebody has cut it, replaced what it has, encoded
 * it anew or given it another number.
 */
export function recordedIn(segment: OutputSegment): number | undefined {
  return RECORDED.get(segment)
}
