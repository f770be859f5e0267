import type { Edit } from '../../media/mp4/progressive.ts'
import { rescale, TICKS_PER_SECOND } from '../../media/time.ts'

/** What a file has of a track in one range, on the file's clock, in units of the track. */
export type TrackPart = {
  /** When its earliest sample is shown, its first is decoded, and its last has been decoded. */
  readonly shown: number
  readonly decoded: number
  readonly end: number
}

/** What a file shows of one range, on its clock, in ticks; `to` is infinite where that is all there is. */
export type Shown = { readonly from: number; readonly to: number }

/**
 * The edits by which a track shows what it has of each range, for as long as all tracks do. Where its samples of a
 * later range begin late, the last one before stays: players know empty edits only at the beginning.
 */
export function editsOf(
  parts: readonly (TrackPart | undefined)[],
  ranges: readonly Shown[],
  timescale: number,
  movieTimescale: number,
): readonly Edit[] {
  const decoded = parts.find((part) => part !== undefined)?.decoded ?? 0
  const own = (ticks: number) => rescale(ticks, TICKS_PER_SECOND, timescale)
  const inMovie = (time: number) => rescale(time, timescale, movieTimescale)
  const edits: Edit[] = []
  let hasMedia = false
  for (const [i, { from, to }] of ranges.entries()) {
    const part = parts[i]
    const origin = own(from)
    const isLast = i === ranges.length - 1
    const whole = isLast
      ? undefined
      : rescale(to, TICKS_PER_SECOND, movieTimescale) - rescale(from, TICKS_PER_SECOND, movieTimescale)
    if (!part) {
      if (whole !== undefined)
        edits.push(hasMedia ? { duration: whole, mediaTime: origin - decoded } : { duration: whole })
      continue
    }
    const begin = hasMedia ? origin : Math.max(part.shown, origin)
    const partEnd = part.shown + part.end - part.decoded
    const end = Number.isFinite(to) ? Math.min(own(to), partEnd) : partEnd
    const lead = begin > origin ? inMovie(begin - origin) : 0
    if (begin > origin) edits.push({ duration: lead })
    const duration = whole === undefined ? inMovie(Math.max(end - begin, 0)) : Math.max(whole - lead, 0)
    edits.push({ duration, mediaTime: begin - decoded })
    hasMedia = true
  }
  return edits
}
