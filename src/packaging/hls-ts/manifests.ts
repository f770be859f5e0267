import { writeMultivariantPlaylist } from '../../manifests/hls/multivariant-playlist.ts'
import { TICKS_PER_SECOND } from '../../media/time.ts'
import type { HlsManifest } from '../../model/manifest.ts'
import type { ManifestFilter } from '../../model/manifest-filter.ts'
import type { SegmentSummary, SourceStream } from '../../model/output-segment.ts'
import type { TsPackaging } from '../../model/packaging.ts'
import { type ListedAs, playlistText, targetDurationIn } from '../hls-playlists/media-playlist.ts'
import {
  type DeclaredRendition,
  type DeclaredVariant,
  declaredCodecs,
  parentPlaylistOf,
} from '../hls-playlists/parent-playlist.ts'
import type { Presentation } from '../presentation.ts'
import { filtersAudio, passesTrickPlay } from '../tracks/filtered-tracks.ts'
import { iFrameOf } from '../tracks/i-frames.ts'
import { audioOf, familyOf } from '../tracks/track-set.ts'
import { videoRangeOf } from '../tracks/video-range.ts'
import { filterStreams } from './filter.ts'
import { manifestFileName, type PlaylistName, type SegmentName, segmentFileName } from './names.ts'
import { segmentExtension } from './segment-media.ts'
import { type HlsRendition, type HlsStream, type HlsStreamSet, streamNamed, streamSetOf } from './stream-set.ts'

/** The values that all manifests of one HLS presentation share. */
export type HlsManifests = Presentation & {
  readonly packaging: TsPackaging
  readonly manifest: HlsManifest
}

/** The streams a parent playlist lists: those of the window's last era that have media in the window. */
export function listedStreams(manifests: HlsManifests): HlsStreamSet | 'nothing left' | undefined {
  const { filter } = manifests
  const streams = allStreams(manifests)
  if (!streams || !filter) return streams
  const filtered = filterStreams(streams, filter)
  return Object.values(filtered).every((streams) => streams.length === 0) ? 'nothing left' : filtered
}

export function allStreams({ packaging, window }: HlsManifests): HlsStreamSet | undefined {
  const era = window.eras.at(-1)
  if (!era) return undefined
  const isPresent = (index: number) => window.segments.some((segment) => hasMedia(segment, index))
  const streams = streamSetOf(era, packaging, isPresent)
  // There is no presentation without video: MediaPackage does not support radio.
  const isSeen = streams.variants.some(
    ({ source }) => source.tracks.every(({ kind }) => kind !== 'audio') || videoOf(source),
  )
  return isSeen ? streams : undefined
}

/** The stream of this name in each era that has one. */
export function streamsNamed(
  { packaging, manifest, window }: HlsManifests,
  name: PlaylistName,
): ReadonlyMap<number, HlsStream> {
  const { n, p, iframes } = name
  if (n === undefined || (iframes && !manifest.includeIframeOnlyStream)) return new Map()
  return new Map(
    window.eras.flatMap((era) => {
      const stream = streamNamed(era, packaging, { n, ...(p !== undefined && { p }) })
      return stream ? [[era.id, stream]] : []
    }),
  )
}

/** The name of a stream's segment; undefined where the stream has a gap. */
export function segmentNamed(
  streams: ReadonlyMap<number, HlsStream>,
  { n = 0, p, iframes }: PlaylistName,
  segment: SegmentSummary,
): (SegmentName & { readonly stream: HlsStream }) | undefined {
  const stream = streams.get(segment.era)
  if (!stream) return undefined
  // Subtitles may be silent for a while: that is an empty segment, not a gap.
  if (stream.source.container !== 'webvtt' && !hasMedia(segment, n)) return undefined
  const extension = segmentExtension(stream.source)
  // I-frames are in the variant's own segments, or in the untouched sources where those are filtered.
  const isApart = iframes && stream.pids !== undefined
  return { n, ...(p !== undefined && { p }), ...(isApart && { iframes }), number: segment.number, extension, stream }
}

function hasMedia(segment: SegmentSummary, index: number): boolean {
  return segment.slots.some(({ objects }) => objects[index] !== undefined)
}

function videoOf({ tracks }: HlsStream['source']) {
  return tracks.find((track) => track.kind === 'video')
}

export function parentPlaylist(manifests: HlsManifests, streams: HlsStreamSet): string {
  const { filter } = manifests
  const uri = ({ n, p }: HlsStream) => uriOf(manifests, { n, ...(p !== undefined && { p }) })
  const subtitles = streams.subtitles[0]?.role.groupId
  const variants = streams.variants.map(({ source, audio, ...stream }): DeclaredVariant => {
    const video = videoOf(source)
    const probed = [...(video ? [video.codec] : []), ...audioOf(source).map(({ codec }) => codec)]
    const audioGroup = audio[0]?.role.groupId
    return {
      uri: uri({ ...stream, source }),
      role: source.role,
      video,
      // A group whose audio is all filtered out contributes no audio codecs.
      codecs: (declaredCodecs(source.role) ?? probed).filter(
        (codec) => !isSilenced(source, audio, filter) || !AUDIO_FAMILIES.includes(familyOf(codec)),
      ),
      audioCodecs: audio.flatMap(({ codecs }) => codecs),
      ...(audioGroup !== undefined && { audioGroup }),
      ...(subtitles !== undefined && { subtitlesGroup: subtitles }),
    }
  })
  const rendition =
    (type: DeclaredRendition['type']) =>
    (each: HlsRendition): DeclaredRendition => {
      return { type, ...each.role, uri: uri(each) }
    }
  const renditions = [...streams.audio.map(rendition('AUDIO')), ...streams.subtitles.map(rendition('SUBTITLES'))]
  // Renditions need version 4, RFC 8216 §7.
  const playlist = parentPlaylistOf(renditions.length > 0 ? 4 : 3, variants, renditions)
  return writeMultivariantPlaylist({ ...playlist, iFrameStreams: iFrameStreams(manifests, streams) })
}

const AUDIO_FAMILIES = ['mp4a', 'ac-3', 'ec-3']

function isSilenced(source: SourceStream, audio: readonly HlsRendition[], filter: ManifestFilter | undefined): boolean {
  const hasGroup = source.role.kind === 'variant' && source.role.audioGroup !== undefined
  return hasGroup && audio.length === 0 && filter !== undefined && filtersAudio(filter) && audioOf(source).length === 0
}

function uriOf({ manifest, references }: HlsManifests, name: PlaylistName): string {
  return references.toManifests + encodeURIComponent(manifestFileName(manifest.name, name))
}

/** The playlist for trick play: that of the first variant with video. */
export function iFramePlaylistName(
  { manifest, filter }: HlsManifests,
  { variants }: HlsStreamSet,
): PlaylistName | undefined {
  const first = manifest.includeIframeOnlyStream ? variants.find(({ source }) => videoOf(source)) : undefined
  const video = first && videoOf(first.source)
  return first && video && passesTrickPlay(filter, video.height) ? { n: first.n, iframes: true } : undefined
}

function iFrameStreams(manifests: HlsManifests, streams: HlsStreamSet) {
  const name = iFramePlaylistName(manifests, streams)
  const video = streams.variants.flatMap(({ n, source }) => (n === name?.n ? (videoOf(source) ?? []) : []))[0]
  if (!name || !video) return []
  const range = videoRangeOf(video)
  const sizes = manifests.window.segments.map((segment) => {
    const size = iFrameOf(segment, name.n ?? 0)?.size ?? 0
    return (size * 8 * TICKS_PER_SECOND) / segment.duration
  })
  return [
    {
      uri: uriOf(manifests, name),
      bandwidth: Math.ceil(sizes.reduce((most, size) => Math.max(most, size), 1)),
      codecs: video.codec,
      resolution: { width: video.width, height: video.height },
      ...(range !== 'SDR' && { videoRange: range }),
    },
  ]
}

/** Writes the playlist of a stream; undefined when no era of the window has the stream. */
export function mediaPlaylist(manifests: HlsManifests, name: PlaylistName): string | undefined {
  const { packaging, manifest, window, references, segmentQuery, ended } = manifests
  const segmentName = encodeURIComponent(packaging.segment.name)
  const toSegment = (segment: SegmentName) =>
    references.toSegments + segmentFileName(segmentName, segment) + segmentQuery
  const streams = streamsNamed(manifests, name)
  const [first] = streams.values()
  if (!first) return undefined
  const list = (segment: SegmentSummary): ListedAs | undefined => {
    const named = segmentNamed(streams, name, segment)
    if (!named) return undefined
    const uri = toSegment(named)
    if (!name.iframes) return { uri }
    const iframe = iFrameOf(segment, named.n)
    return iframe && { uri, byteRange: { offset: iframe.offset, size: iframe.size } }
  }
  const extension = segmentExtension(first.source)
  return playlistText({
    settings: manifest,
    segments: window.segments,
    ended,
    version: name.iframes ? 4 : 3,
    independentSegments: false,
    ...(name.iframes && { iFramesOnly: true }),
    list,
    stream: first.n,
    ...targetDurationIn(manifests),
    gapUri: ({ number }) => toSegment({ ...name, n: first.n, number, extension }),
  })
}
