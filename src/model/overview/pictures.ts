import { msBetween, rescale, TICKS_PER_SECOND, ticks, type UtcMs, utcMs } from '../../media/time.ts'
import type { VideoDescription } from '../../media/track.ts'
import { joinedObject } from '../joined-object.ts'
import type { Era, SegmentSummary } from '../output-segment.ts'

type VideoFrameRate = NonNullable<VideoDescription['frameRate']>

/** Pictures that come at a steady rate, one behind the other. */
export type PictureRun = {
  /** When the first one is shown. */
  readonly start: UtcMs
  /** When the last one ends. */
  readonly end: UtcMs
  readonly count: number
  /** Absent where they come at no steady rate: then only the first and the end are known. */
  readonly frameRate?: VideoFrameRate
}

/** The pictures of output segments, by the index alone. */
export type Pictures = { readonly keyFrames: readonly UtcMs[]; readonly runs: readonly PictureRun[] }

/** The most by which dates of consecutive segments may be off for their pictures to be one run, in milliseconds. */
const ROUNDING_MS = 2

/** The pictures of the largest rendition of each era, as segments in their order show them. */
export function picturesOf(segments: readonly SegmentSummary[], eras: readonly Era[]): Pictures {
  const videos = new Map(eras.map((era) => [era.id, largestVideo(era)]))
  const keyFrames: UtcMs[] = []
  const runs: PictureRun[] = []
  for (const segment of segments) {
    const video = videos.get(segment.era)
    if (!video) continue
    const utc = (time: number) => utcMs(segment.startUtc + msBetween(segment.start, ticks(time)))
    for (const { objects } of segment.slots) {
      const object = objects[video.stream]
      if (!object) continue
      const { keyFrames: own = [], times } = joinedObject(object)
      for (const { pts } of own) keyFrames.push(utc(pts))
      const shown = times?.[video.track]
      if (shown) add(runs, { ...shown, frameRate: video.frameRate }, utc)
    }
  }
  return { keyFrames, runs }
}

type Shown = {
  readonly first: number
  readonly last: number
  readonly pictures?: number
  readonly frameRate: VideoFrameRate | undefined
}

function add(runs: PictureRun[], { first, last, pictures, frameRate }: Shown, utc: (time: number) => UtcMs): void {
  const spanned =
    frameRate && Math.round(((last - first) * frameRate.numerator) / (TICKS_PER_SECOND * frameRate.denominator)) + 1
  const count = pictures ?? spanned ?? 1
  const isSteady = frameRate !== undefined && count === spanned
  const before = runs.at(-1)
  if (!isSteady) {
    runs.push({ start: utc(first), end: utc(last), count })
    return
  }
  const lengthOf = (n: number) => rescale(n * frameRate.denominator, frameRate.numerator, TICKS_PER_SECOND)
  const run = { start: utc(first), end: utc(first + lengthOf(count)), count, frameRate }
  const goesOn =
    before?.frameRate?.numerator === frameRate.numerator &&
    before.frameRate.denominator === frameRate.denominator &&
    Math.abs(before.start + msOf(before.count, frameRate) - run.start) <= ROUNDING_MS
  if (goesOn) runs[runs.length - 1] = { ...before, end: run.end, count: before.count + count }
  else runs.push(run)
}

function msOf(pictures: number, { numerator, denominator }: VideoFrameRate): number {
  return (pictures * denominator * 1000) / numerator
}

/** The rendition with the most lines, of several the first. */
function largestVideo({ streams }: Era) {
  const videos = streams.flatMap(({ index, tracks }) => {
    const track = tracks.findIndex(({ kind }) => kind === 'video')
    const description = tracks[track]
    if (description?.kind !== 'video') return []
    return [{ stream: index, track, height: description.height, frameRate: description.frameRate }]
  })
  return videos.reduce<(typeof videos)[number] | undefined>((a, b) => (a && a.height >= b.height ? a : b), undefined)
}
