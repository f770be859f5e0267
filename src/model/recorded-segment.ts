import type { OutputSegment } from './output-segment.ts'

/** By identity, so that no copy is among them by itself, whoever makes it and whatever it changes. */
const RECORDED = new WeakSet<OutputSegment>()

/**
 * Says of an output segment that its media are those recorded under its number, which never refers to others; returns
 * it. Whoever copies one must say so again where the media stay: everything else counts as changed.
 */
export function asRecorded<Segment extends OutputSegment>(segment: Segment): Segment {
  RECORDED.add(segment)
  return segment
}

/** True when nobody has cut the segment, replaced what it has, encoded it anew or given it another number. */
export function isAsRecorded(segment: OutputSegment): boolean {
  return RECORDED.has(segment)
}
