import type { SegmentInEra } from '../../archive/reader.ts'
import type { Clip } from '../../model/clip.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import { overlaps } from '../../model/output-segment.ts'
import type { SegmentLookup } from '../../packaging/output-format.ts'
import { shownOf } from '../../packaging/tracks/picture-times.ts'

/**
 * The archive as a clip has it: nothing but the output segments of its window, which end with it. So its segments have
 * the bytes that a harvest writes, whatever is kept beside them, and nobody gets others by its URL.
 */
export function clippedLookup(
  index: SegmentLookup,
  { cut, ...span }: Pick<Clip, 'start' | 'end' | 'cut'>,
): SegmentLookup {
  const shown = ({ packaging }: OriginEndpoint, { segment, era }: SegmentInEra) => {
    if (!overlaps(segment, span)) return undefined
    return cut === 'FRAME' ? shownOf(segment, era, span, packaging.streamSelection) : segment
  }
  return {
    async outputSegment(endpoint, number) {
      const found = await index.outputSegment(endpoint, number)
      if (typeof found === 'string') return found
      const segment = shown(endpoint, found)
      return segment ? { ...found, segment } : 'no such'
    },
    async outputSegmentsAround(endpoint, place) {
      const { segments, absence } = await index.outputSegmentsAround(endpoint, place)
      if (segments.length === 0) return { segments, absence }
      const era = await index.era(endpoint, place.era)
      if (typeof era === 'string') return { segments: [], absence: era }
      const own = segments.flatMap((segment) => shown(endpoint, { segment, era }) ?? [])
      return { segments: own, absence: own.length < segments.length ? 'no such' : absence }
    },
    era: (endpoint, id) => index.era(endpoint, id),
    erasAt: (endpoint, utc) => index.erasAt(endpoint, utc),
    live: async () => ({ version: 0, eras: [], segments: [], ended: true }),
  }
}
