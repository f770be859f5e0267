import { msBetween, type Ticks, ticks, utcMs } from '../../media/time.ts'
import type { ImageDescription } from '../../media/track.ts'
import type { ManifestFilter } from '../../model/manifest-filter.ts'
import type { Era, SegmentSummary, SourceStream, SummaryWindow } from '../../model/output-segment.ts'
import type { StreamInterval } from '../../model/stream-interval.ts'
import type { StreamRole } from '../../model/stream-role.ts'
import { passesTrickPlay } from './filtered-tracks.ts'
import { trackNumber } from './track-set.ts'

/** A stream of images of the source. */
export type ImageTrack = {
  /** `<n>` of output names where tracks are counted. */
  readonly n: number
  readonly stream: SourceStream
  readonly role: Extract<StreamRole, { kind: 'images' }>
  readonly description: ImageDescription
}

/**
 * The name of an image among those that are listed: in one sequence over all output segments of a timeline, with so
 * many for each.
 */
export type ImagePlace = { readonly perSegment: number; readonly number: number }

/** What an image stands for: one of the equal parts of an output segment. */
export type ImagePart = ImagePlace & { readonly segment: SegmentSummary; readonly shown: StreamInterval }

/** The image streams of an era whose size is known, from the first image or from the source's parent playlist. */
export function imageTracksOf({ streams }: Era): readonly ImageTrack[] {
  return streams.flatMap((stream): readonly ImageTrack[] => {
    const { role } = stream
    if (role.kind !== 'images') return []
    const found = stream.tracks.find((track) => track.kind === 'image')
    const description =
      found ?? (role.resolution && ({ kind: 'image', pid: 0, codec: 'jpeg', ...role.resolution } as const))
    return description ? [{ n: trackNumber(stream, 0), stream, role, description }] : []
  })
}

/** A stream of images in each era of a window that has it, by the id of the era. */
export function imagesInEras(
  { eras }: SummaryWindow,
  isMeant: (track: ImageTrack) => boolean,
): ReadonlyMap<number, ImageTrack> {
  return new Map(
    eras.flatMap((era) => {
      const track = imageTracksOf(era).find(isMeant)
      return track ? [[era.id, track]] : []
    }),
  )
}

/** The image streams that a manifest of a window lists: those of its last era that have images in it. */
export function listedImages(
  { eras, segments }: Pick<SummaryWindow, 'eras' | 'segments'>,
  filter?: ManifestFilter,
): readonly ImageTrack[] {
  const era = eras.at(-1)
  const tracks = era ? imageTracksOf(era) : []
  return tracks.filter(
    (track) =>
      passesTrickPlay(filter, track.description.height, 'image') && segments.some((each) => hasImages(each, track)),
  )
}

/** How many images manifests of a window list for each output segment. */
export function imagesPerSegment({ segments }: Pick<SummaryWindow, 'segments'>): number {
  return segments.at(-1)?.images ?? 1
}

/** True when a segment has an image, of whatever part of it. */
export function hasImages({ slots }: SegmentSummary, { stream }: ImageTrack): boolean {
  return slots.some(({ objects }) => objects[stream.index] !== undefined)
}

/** The parts of an output segment that its images stand for; of one that is cut, those that are shown. */
export function partsOf(segment: SegmentSummary, perSegment: number): readonly ImagePart[] {
  const [begin, end] = [segment.start, segment.start + segment.duration]
  return Array.from({ length: perSegment }, (_, at) => at).flatMap((at) => {
    const [from, until] = boundsOf(segment, perSegment, at)
    const start = ticks(Math.max(from, begin))
    const duration = ticks(Math.min(until, end) - start)
    if (duration <= 0) return []
    const startUtc = utcMs(segment.startUtc + msBetween(segment.start, start))
    return [{ perSegment, number: segment.number * perSegment + at, segment, shown: { start, duration, startUtc } }]
  })
}

/** Where a part of a whole output segment begins and ends. */
export function boundsOf({ slots, start, duration }: SegmentSummary, perSegment: number, at: number): [Ticks, Ticks] {
  const [first, last] = [slots[0], slots.at(-1)]
  const begin = first?.start ?? start
  const whole = last ? last.start + last.duration - begin : duration
  const bound = (part: number) => ticks(begin + Math.round((part * whole) / perSegment))
  return [bound(at), bound(at + 1)]
}
