import type { SegmentInEra } from '../../archive/reader.ts'
import type { Clip } from '../../model/clip.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import { endUtcOf, overlaps } from '../../model/output-segment.ts'
import { cutsOf } from '../../packaging/cuts.ts'
import type { SegmentLookup } from '../../packaging/output-format.ts'
import { placedCuts, shownPart } from '../../packaging/tracks/placed-cuts.ts'

/**
 * The archive as a clip has it: nothing but the output segments of its window, which begin and end with it. So its
 * segments have the bytes that a harvest writes, whatever is kept beside them, and nobody gets others by its URL.
 */
export function clippedLookup(
  index: SegmentLookup,
  { cut, ...span }: Pick<Clip, 'start' | 'end' | 'cut'>,
): SegmentLookup {
  const shown = async (endpoint: OriginEndpoint, { segment, era }: SegmentInEra) => {
    if (!overlaps(segment, span)) return undefined
    const isAtEdge = segment.startUtc <= span.start || endUtcOf(segment) >= span.end
    if (cut !== 'FRAME' || !isAtEdge) return segment
    const { number } = segment
    const beside = await Promise.all([number - 1, number + 1].map((each) => index.outputSegment(endpoint, each)))
    const [before, after] = beside.map((found) =>
      typeof found !== 'string' && overlaps(found.segment, span) ? [found] : [],
    )
    const known = [...before!, { segment, era }, ...after!]
    const window = { segments: known.map((each) => each.segment), eras: known.map((each) => each.era) }
    const [placed] = placedCuts(endpoint, window, cutsOf(span, {}))
    return shownPart(segment, placed!)
  }
  return {
    async outputSegment(endpoint, number) {
      const found = await index.outputSegment(endpoint, number)
      if (typeof found === 'string') return found
      const segment = await shown(endpoint, found)
      return segment ? { ...found, segment } : 'no such'
    },
    async outputSegmentsAround(endpoint, place) {
      const { segments, absence } = await index.outputSegmentsAround(endpoint, place)
      if (segments.length === 0) return { segments, absence }
      const era = await index.era(endpoint, place.era)
      if (typeof era === 'string') return { segments: [], absence: era }
      const own = (await Promise.all(segments.map((segment) => shown(endpoint, { segment, era })))).flatMap(
        (segment) => segment ?? [],
      )
      return { segments: own, absence: own.length < segments.length ? 'no such' : absence }
    },
    era: (endpoint, id) => index.era(endpoint, id),
    erasAt: (endpoint, utc) => index.erasAt(endpoint, utc),
    live: async () => ({ version: 0, eras: [], segments: [], ended: true }),
  }
}
