import { TICKS_PER_SECOND, type Ticks } from '../../media/time.ts'
import { isTimedProbe } from '../../media/track.ts'
import type { OpenEra } from '../input-timeline/state.ts'
import type { SourceStream } from '../output-segment.ts'
import type { SegmentProbe, SourceObject, TrackDescription } from '../source-segment.ts'

export type ProbedObject = SourceObject & { readonly probe: SegmentProbe }

/** The stream types of video, ISO/IEC 13818-1 table 2-34: MPEG-1, MPEG-2, MPEG-4, H.264, HEVC, VVC. */
const VIDEO_STREAM_TYPES = [0x01, 0x02, 0x10, 0x1b, 0x24, 0x33]

/** stream_type of AAC in ADTS; packed audio has none. */
const AAC_STREAM_TYPES = [0x0f, 0]

/**
 * Adds to the description of a stream what its segment reveals: tracks, container, and the bandwidth where the parent
 * playlist declares none. AAC that does not state its channels has those of the era `before`. True when the description
 * of the era has changed.
 */
export function describeStream(
  era: OpenEra,
  streamIndex: number,
  object: ProbedObject,
  { duration, before }: { readonly duration: Ticks; readonly before?: OpenEra | undefined },
): boolean {
  const at = era.streams.findIndex(({ index }) => index === streamIndex)
  const stream = era.streams[at]
  if (!stream) return false
  const { container, tracks } = object.probe
  const earlier = before?.streams.find(({ playlist }) => playlist === stream.playlist)?.tracks ?? []
  const found = tracks.map((track, i) => (goesOn(earlier[i], track) ? earlier[i]! : track))
  const { tracks: known, bitrates = [] } = stream
  if (known.length > 0 && !found.some((track, i) => track.kind !== 'other' && known[i]?.kind === 'other')) return false
  const seconds = Math.max(duration, 1) / TICKS_PER_SECOND
  const bandwidth = Math.ceil((object.size * 8) / seconds)
  const role: SourceStream['role'] =
    'bandwidth' in stream.role && stream.role.bandwidth === 0 ? { ...stream.role, bandwidth } : stream.role
  const decodeDelay = stream.decodeDelay ?? delayOf(object.probe)
  era.streams[at] = {
    ...stream,
    ...(decodeDelay !== undefined && { decodeDelay }),
    role,
    container,
    tracks: found.map((track, i) => keepKnown(known[i], track)),
    bitrates: found.map((_, i) => {
      const isKnown = known[i] !== undefined && known[i].kind !== 'other'
      return (isKnown && bitrates[i]) || Math.round((bytesOf(object, i) * 8) / seconds)
    }),
  }
  return true
}

/** The decode delay a segment tells for its stream; undefined when it does not begin with a key frame. */
function delayOf(probe: SegmentProbe): number | undefined {
  const hasPictures = probe.container === 'mpeg-ts' && probe.tracks.some(({ kind }) => kind === 'video')
  return hasPictures && probe.startsWithKeyFrame ? (probe.decodeDelay ?? 0) : undefined
}

/** True when a track goes on with the channels of an earlier era, ISO/IEC 13818-7 §8.5. */
function goesOn(earlier: TrackDescription | undefined, found: TrackDescription): boolean {
  if (found.kind !== 'other' || earlier?.kind !== 'audio' || earlier.pid !== found.pid) return false
  return earlier.codec.startsWith('mp4a') && AAC_STREAM_TYPES.includes(found.streamType)
}

/**
 * True when a segment with tracks `found` may follow in an era whose stream has tracks `known`. A stream without known
 * tracks agrees with every segment.
 */
export function agrees(known: readonly TrackDescription[], found: readonly TrackDescription[]): boolean {
  return known.length === 0 || (known.length === found.length && known.every((track, i) => isSame(track, found[i])))
}

/** The known tracks of a stream of an era; none until one of its segments has been placed. */
export function tracksIn(era: OpenEra, streamIndex: number): readonly TrackDescription[] {
  return era.streams.find(({ index }) => index === streamIndex)?.tracks ?? []
}

/** True when `other` describes a track that `known` does not describe. Both have the same streams. */
export function knowsMore(known: readonly SourceStream[], other: readonly SourceStream[]): boolean {
  return other.some(({ index, tracks }) => {
    const own = known.find((stream) => stream.index === index)?.tracks ?? []
    return tracks.some(({ kind }, i) => own[i] === undefined || (own[i].kind === 'other' && kind !== 'other'))
  })
}

/**
 * The descriptions of the same streams joined: a track is described as in `known`, or as in `other` where only that
 * describes it.
 */
export function joinedStreams(known: readonly SourceStream[], other: readonly SourceStream[]): SourceStream[] {
  return known.map((stream) => {
    const more = other.find(({ index }) => index === stream.index)
    if (!more || !knowsMore([stream], [more])) return stream
    return { ...more, tracks: more.tracks.map((track, i) => keepKnown(stream.tracks[i], track)) }
  })
}

/**
 * True when the tracks of all variants are known, and none has video but all have audio. The service refuses such
 * inputs.
 */
export function isAudioOnly(streams: readonly SourceStream[]): boolean {
  const variants = streams.filter(({ role }) => role.kind === 'variant')
  return (
    variants.length > 0 &&
    variants.every(({ tracks }) => tracks.some(({ kind }) => kind === 'audio') && !tracks.some(mayBePicture))
  )
}

function mayBePicture(track: TrackDescription): boolean {
  return track.kind === 'video' || (track.kind === 'other' && VIDEO_STREAM_TYPES.includes(track.streamType))
}

function bytesOf({ probe, size }: ProbedObject, track: number): number {
  return isTimedProbe(probe) ? (probe.times[track]?.bytes ?? 0) : size
}

/**
 * True when both describe the same track. A track of kind `other`, whose parameters its segment does not carry, agrees
 * with every description.
 */
function isSame(a: TrackDescription, b: TrackDescription | undefined): boolean {
  if (a.pid !== b?.pid) return false
  if (a.kind === 'other' || b.kind === 'other') return true
  return JSON.stringify(withoutMessages(a)) === JSON.stringify(withoutMessages(b))
}

/** The description without what SEI messages carry: not every segment has them. */
function withoutMessages(track: TrackDescription): TrackDescription {
  if (track.kind !== 'video') return track
  const { masteringDisplay: _, contentLight: __, ...rest } = track
  return rest
}

/** The description that holds from now on: the known one, because headers are the same throughout an era. */
function keepKnown(known: TrackDescription | undefined, found: TrackDescription): TrackDescription {
  return known === undefined || known.kind === 'other' ? found : known
}
