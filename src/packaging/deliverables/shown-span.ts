import { TICKS_PER_SECOND } from '../../media/time.ts'
import type { SegmentSummary } from '../../model/output-segment.ts'
import { rangeOf } from '../cuts.ts'
import { MovieClock } from '../progressive/movie-clock.ts'
import { pictureNear } from '../tracks/picture-times.ts'
import type { AssetOrder } from './asset-format.ts'

/**
 * What an asset shows of a range: from one moment to another of the clock on which all segments of its window lie one
 * after the other, and where that begins on the clock of the asset; in ticks.
 */
export type ShownSpan = { readonly from: number; readonly to: number; readonly at: number }

/** What an asset shows of its window, and how long that is, in ticks. */
export type ShownSpans = {
  readonly length: number
  spanOf(segment: Pick<SegmentSummary, 'number'>): ShownSpan
}

/** All of the window, or what is cut from each of its ranges, to the picture. By the index alone. */
export function shownSpans({
  endpoint,
  window,
  options: { cuts },
}: Pick<AssetOrder, 'endpoint' | 'window' | 'options'>): ShownSpans {
  const { streamSelection } = endpoint.packaging
  const clock = new MovieClock()
  if (!cuts) {
    for (const segment of window.segments) clock.enter(segment)
    const whole: ShownSpan = { from: 0, to: clock.length, at: 0 }
    return { length: clock.length, spanOf: () => whole }
  }
  const placed = cuts.map((cut) => ({
    cut,
    start: pictureNear(window, { utc: cut.start, numbers: cut.numbers }, streamSelection),
    end: pictureNear(window, { utc: cut.end, numbers: cut.numbers }, streamSelection),
    from: undefined as number | undefined,
    to: undefined as number | undefined,
    last: 0,
  }))
  for (const segment of window.segments) {
    clock.enter(segment)
    const range = placed.find(({ cut }) => cut === rangeOf(cuts, segment))
    if (!range) continue
    const shift = clock.shiftIn(TICKS_PER_SECOND)
    if (range.start?.segment === segment) range.from = range.start.time + shift
    else range.from ??= segment.start + shift
    if (range.end?.segment === segment) range.to = range.end.time + shift
    range.last = clock.length
  }
  let length = 0
  const spans = new Map(
    placed.map(({ cut, from = 0, to, last }) => {
      const span: ShownSpan = { from, to: to !== undefined && to > from ? to : last, at: length }
      length += span.to - span.from
      return [cut, span]
    }),
  )
  return { length, spanOf: (segment) => spans.get(rangeOf(cuts, segment)!)! }
}
