import type { UtcMs } from '../../src/media/time.ts'
import type { OutputSegment } from '../../src/model/output-segment.ts'

/** Facts of one segment. */
export type SegmentFacts = { readonly sealedAt: UtcMs }

/** All that viewers could notice; numbers from where the output timeline begins. `keys` has other names of objects. */
export function factsOf(
  segments: readonly OutputSegment[],
  keys?: ReadonlyMap<string, string>,
): readonly SegmentFacts[] {
  const [first] = segments
  const named = <T extends { readonly key: string }>(object: T) => ({
    ...object,
    key: keys?.get(object.key) ?? object.key,
  })
  return segments.map(({ number, era, start, startUtc, duration, discontinuitySequence, sealedAt, slots }) => ({
    number: number - (first?.number ?? 0),
    era,
    start,
    startUtc,
    duration,
    discontinuitySequence,
    sealedAt,
    slots: slots.map(({ objects }) =>
      Object.fromEntries(
        Object.entries(objects).map(([stream, object]) => {
          const more = object.more?.map(named)
          return [stream, { ...named(object), ...(more && { more }) }]
        }),
      ),
    ),
  }))
}
