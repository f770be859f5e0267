import { TICKS_PER_SECOND } from '../../media/time.ts'
import { CannotCut } from '../output-format.ts'
import { SAME_PICTURE } from '../tracks/cut-end.ts'
import type { SourcePicture } from './source-pictures.ts'

/** The most that is encoded at one edge, in ticks: half a minute. */
export const MOST_ENCODED = 30 * TICKS_PER_SECOND

/** Pictures that are encoded anew, in the order in which they are shown, and what has to be decoded for them. */
export type EncodedRun = {
  readonly pictures: readonly SourcePicture[]
  /** In order of decoding. */
  readonly decoded: readonly SourcePicture[]
  /** True where the first that is decoded needs none before it, and none that is left out. */
  readonly isClosed: boolean
  /** Where the last picture ends. */
  readonly until: number
}

/**
 * What becomes of pictures in order of decoding, of which those from `from` up to but not including `until` are to be
 * shown: `before` are encoded and shown first, those from `first` up to but not including `end` are copied, and `after`
 * are encoded.
 */
export type EdgePlan = {
  readonly before?: EncodedRun
  readonly first: number
  readonly end: number
  readonly after?: EncodedRun
}

/**
 * Plans how pictures, in order of decoding, are shown from one of them on: those before the first IDR picture are
 * encoded. Undefined where there is none before `until`: then all are to be encoded, from `from` up to that. Throws
 * CannotCut.
 */
export function planHead(
  pictures: readonly SourcePicture[],
  from: number,
  until: number,
): Pick<EdgePlan, 'before' | 'first'> | undefined {
  const first = pictures.findIndex((picture, at) => {
    const { isIdr, pts } = picture
    const isWithin = pts >= from - SAME_PICTURE && pts < until - SAME_PICTURE
    // Of HEVC, others may be shown before it that come later in order of decoding.
    return isIdr && isWithin && pictures.slice(at + 1).every((later) => later.pts > pts)
  })
  if (first < 0) return undefined
  const { pts } = pictures[first]!
  return pts <= from + SAME_PICTURE ? { first } : { first, before: encodedRun(pictures, from, pts) }
}

/**
 * Plans how pictures of which those from `first` on are copied, in order of decoding, end before one of them: with the
 * last one before it, where none of those that come later in order of decoding is shown before that, and else with as
 * few as possible encoded.
 */
export function planTail(
  pictures: readonly SourcePicture[],
  first: number,
  until: number,
): Pick<EdgePlan, 'end' | 'after'> {
  const isShown = ({ pts }: SourcePicture) => pts < until - SAME_PICTURE
  // The earliest time at which one of those from each on is shown.
  const earliest = pictures.map(() => Number.POSITIVE_INFINITY)
  for (let i = pictures.length - 1; i >= first; i--) {
    earliest[i] = Math.min(pictures[i]!.pts, earliest[i + 1] ?? Number.POSITIVE_INFINITY)
  }
  let end = first
  let latest = Number.NEGATIVE_INFINITY
  for (let i = first; i < pictures.length && isShown(pictures[i]!); i++) {
    latest = Math.max(latest, pictures[i]!.pts)
    const next = earliest[i + 1] ?? Number.POSITIVE_INFINITY
    // All that are copied are shown before all others, or nothing else is shown at all.
    if (latest < next || next >= until - SAME_PICTURE) end = i + 1
  }
  const from = earliest[end] ?? Number.POSITIVE_INFINITY
  return from < until - SAME_PICTURE ? { end, after: encodedRun(pictures, from, until) } : { end }
}

/**
 * The pictures shown from `from` up to but not including `until`, and what has to be decoded for them. Throws CannotCut
 * where they last too long, or cannot be decoded.
 */
export function encodedRun(pictures: readonly SourcePicture[], from: number, until: number): EncodedRun {
  if (until - from > MOST_ENCODED) {
    const seconds = Math.ceil((until - from) / TICKS_PER_SECOND)
    const message = `${seconds} s would have to be encoded anew at one edge, because no IDR picture is nearer, and at most ${MOST_ENCODED / TICKS_PER_SECOND} s are; cut to FRAME instead.`
    throw new CannotCut(message)
  }
  const isEncoded = ({ pts }: SourcePicture) => pts >= from - SAME_PICTURE && pts < until - SAME_PICTURE
  const start = pictures.findLastIndex(({ isSync, pts }) => isSync && pts <= from + SAME_PICTURE)
  if (start < 0) {
    throw new CannotCut(
      'The first pictures asked for refer to others before the window, and cannot be decoded; begin a moment earlier.',
    )
  }
  const { isIdr, pts } = pictures[start]!
  const last = pictures.findLastIndex(isEncoded)
  // Those that precede the key frame when they are shown refer to others before it.
  const decoded = pictures.slice(start, last + 1).filter((picture) => picture.pts >= pts)
  return {
    pictures: decoded.filter(isEncoded).toSorted((a, b) => a.pts - b.pts),
    decoded,
    isClosed: isIdr,
    until,
  }
}
