import type { FragmentInterval } from '../../media/mp4/smooth.ts'
import type { Era, SegmentSummary } from '../../model/output-segment.ts'
import type { StreamSelection } from '../../model/packaging.ts'
import { type SingleTrack, type SingleVideo, trackNumbered, trackSetOf } from '../tracks/track-set.ts'
import type { MssStreamName } from './names.ts'
import { fragmentInterval } from './timeline.ts'

/** A track with the bitrate that identifies it in paths. */
export type MssLevel<T extends SingleTrack = SingleTrack> = { readonly track: T; readonly bitrate: number }

const EVERYTHING: StreamSelection = {
  minVideoBitsPerSecond: 0,
  maxVideoBitsPerSecond: Number.MAX_SAFE_INTEGER,
  streamOrder: 'ORIGINAL',
}

/**
 * The highest bitrate taken as declared. The Bitrate attribute has 32 bits, MS-SSTR §2.2.2.5; the rest is for
 * counting up.
 */
const MOST_BITS_PER_SECOND = 2 ** 31

/** Bitrate stated for text, which has no meaningful one. */
const TEXT_BITRATE = 1000

/**
 * The video tracks an endpoint shows of an era, in its order. A path identifies video by bitrate alone: where two
 * variants of the era declare the same one, the later variant's is counted up until it is unique, whatever the
 * endpoint selects.
 */
export function videoLevels(
  era: Era,
  selection: StreamSelection,
  isPresent?: (index: number) => boolean,
): readonly MssLevel<SingleVideo>[] {
  const taken = new Set<number>()
  const bitrates = new Map<number, number>()
  for (const { n, bandwidth } of trackSetOf(era, EVERYTHING).video) {
    let bitrate = Math.min(Math.max(bandwidth, 1), MOST_BITS_PER_SECOND)
    while (taken.has(bitrate)) bitrate++
    taken.add(bitrate)
    bitrates.set(n, bitrate)
  }
  return trackSetOf(era, selection, isPresent).video.flatMap((track) => {
    const bitrate = bitrates.get(track.n)
    return bitrate === undefined ? [] : [{ track, bitrate }]
  })
}

export function levelOf(track: Exclude<SingleTrack, SingleVideo>): MssLevel {
  return { track, bitrate: track.kind === 'text' ? TEXT_BITRATE : Math.max(track.bandwidth, 1) }
}

/**
 * The track of an era that a fragment's name refers to. Audio and subtitles have one rate, so the path's is ignored.
 */
export function trackOf(
  era: Era,
  selection: StreamSelection,
  stream: MssStreamName,
  bitrate: number,
): SingleTrack | undefined {
  if (stream.kind === 'video') {
    return videoLevels(era, selection).find((level) => level.bitrate === bitrate)?.track
  }
  const track = trackNumbered(era, selection, stream.n)
  return track?.kind === stream.kind ? track : undefined
}

/**
 * The tracks whose intervals a stream's fragments are listed and requested under. Video of all rates shares one: the
 * first track in the encoder's order that has media there.
 */
export function timingTracks(era: Era, selection: StreamSelection, stream: MssStreamName): readonly SingleTrack[] {
  if (stream.kind === 'video') return trackSetOf(era, { ...selection, streamOrder: 'ORIGINAL' }).video
  const track = trackNumbered(era, selection, stream.n)
  return track?.kind === stream.kind ? [track] : []
}

/** The interval of the first track with media; undefined where none has any. */
export function firstInterval(
  era: Era,
  tracks: readonly SingleTrack[],
  segment: SegmentSummary,
): FragmentInterval | undefined {
  for (const track of tracks) {
    const interval = fragmentInterval(era, track, segment)
    if (interval) return interval
  }
  return undefined
}

/** True when a player initialised with `a` can continue with `b`. */
export function isSameDecoding({ description: a }: SingleTrack, { description: b }: SingleTrack): boolean {
  if (a.kind === 'text' || b.kind === 'text') return a.kind === b.kind
  return a.codec === b.codec && a.configuration === b.configuration
}
