declare const segments: unique symbol

/**
 * Consecutive output segments as JSON: an array, oldest first. The segment index gives pages as text, which passes
 * through threads as it is and is parsed where segments are wanted.
 */
export type SegmentPageJson<Segment> = string & { readonly [segments]: Segment }

/** The segments of a page, as they were written. */
export function parsePage<Segment>(page: SegmentPageJson<Segment>): readonly Segment[] {
  return JSON.parse(page) as readonly Segment[]
}

/** A page of segments, as a store that holds them as values gives it. */
export function writePage<Segment>(segments: readonly Segment[]): SegmentPageJson<Segment> {
  return JSON.stringify(segments) as SegmentPageJson<Segment>
}
