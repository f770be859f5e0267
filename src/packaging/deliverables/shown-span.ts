import { TICKS_PER_SECOND, type UtcMs } from '../../media/time.ts'
import { MovieClock } from '../progressive/movie-clock.ts'
import { pictureNear } from '../tracks/picture-times.ts'
import type { AssetOrder } from './asset-format.ts'

/** What an asset shows of its window, in ticks from the beginning of its first segment. */
export type ShownSpan = { readonly from: number; readonly to: number; readonly length: number }

/** All of the window, or what is cut from it, to the picture. By the index alone. */
export function shownSpan({
  endpoint,
  window,
  options,
}: Pick<AssetOrder, 'endpoint' | 'window' | 'options'>): ShownSpan {
  const { cut } = options
  const near = (utc: UtcMs) => pictureNear(window, utc, endpoint.packaging.streamSelection)
  const [start, end] = cut ? [near(cut.start), near(cut.end)] : []
  const clock = new MovieClock()
  let from = 0
  let to: number | undefined
  for (const segment of window.segments) {
    clock.enter(segment)
    const shift = clock.shiftIn(TICKS_PER_SECOND)
    if (start?.segment === segment) from = start.time + shift
    if (end?.segment === segment) to = end.time + shift
  }
  const last = to !== undefined && to > from ? to : clock.length
  return { from, to: last, length: last - from }
}
