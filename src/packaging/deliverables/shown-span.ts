import { TICKS_PER_SECOND } from '../../media/time.ts'
import type { SegmentSummary } from '../../model/output-segment.ts'
import { rangeOf } from '../cuts.ts'
import { MovieClock } from '../progressive/movie-clock.ts'
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
export function shownSpans({ window, options: { cuts } }: Pick<AssetOrder, 'window' | 'options'>): ShownSpans {
  const clock = new MovieClock()
  if (!cuts) {
    for (const segment of window.segments) clock.enter(segment)
    const whole: ShownSpan = { from: 0, to: clock.length, at: 0 }
    return { length: clock.length, spanOf: () => whole }
  }
  const placed = cuts.map((cut) => ({ cut, from: undefined as number | undefined, to: 0 }))
  for (const segment of window.segments) {
    clock.enter(segment)
    const range = placed.find(({ cut }) => cut === rangeOf(cuts, segment))
    if (!range) continue
    const { begins, ends } = range.cut
    const shift = clock.shiftIn(TICKS_PER_SECOND)
    if (!begins || begins.segment.number === segment.number) range.from ??= (begins?.time ?? segment.start) + shift
    if (!ends || segment.number < ends.segment.number) range.to = clock.length
    else if (segment.number === ends.segment.number) range.to = ends.time + shift
  }
  let length = 0
  const spans = new Map(
    placed.map(({ cut, from = 0, to }) => {
      const span: ShownSpan = { from, to, at: length }
      length += span.to - span.from
      return [cut, span]
    }),
  )
  return { length, spanOf: (segment) => spans.get(rangeOf(cuts, segment)!)! }
}
