import type { UtcRange } from '../../media/time.ts'
import { overlaps } from '../../model/output-segment.ts'
import type { SegmentLookup } from '../../packaging/output-format.ts'

/**
 * The archive as a clip has it: nothing but the output segments of its window, which end with it. So its segments have
 * the bytes that a harvest writes, whatever is kept beside them, and nobody gets others by its URL.
 */
export function clippedLookup(index: SegmentLookup, span: UtcRange): SegmentLookup {
  return {
    async outputSegment(endpoint, number) {
      const found = await index.outputSegment(endpoint, number)
      return typeof found === 'string' || overlaps(found.segment, span) ? found : 'no such'
    },
    async outputSegmentsAround(endpoint, place) {
      const { segments, absence } = await index.outputSegmentsAround(endpoint, place)
      const own = segments.filter((segment) => overlaps(segment, span))
      return { segments: own, absence: own.length < segments.length ? 'no such' : absence }
    },
    era: (endpoint, id) => index.era(endpoint, id),
    erasAt: (endpoint, utc) => index.erasAt(endpoint, utc),
    live: async () => ({ version: 0, eras: [], segments: [], ended: true }),
  }
}
