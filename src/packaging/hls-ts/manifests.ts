import { type IFrameStream, writeMultivariantPlaylist } from '../../manifests/hls/multivariant-playlist.ts'
import { TICKS_PER_SECOND } from '../../media/time.ts'
import type { HlsManifest } from '../../model/manifest.ts'
import type { SegmentSummary } from '../../model/output-segment.ts'
import type { TsPackaging } from '../../model/packaging.ts'
import { imagePlaylist, imageStream } from '../hls-playlists/image-playlists.ts'
import { type PlaylistKeys, playlistKeys, sessionKeys } from '../hls-playlists/key-tags.ts'
import { type ListedAs, playlistText, targetDurationIn } from '../hls-playlists/media-playlist.ts'
import { type DeclaredRendition, type DeclaredVariant, parentPlaylistOf } from '../hls-playlists/parent-playlist.ts'
import { iFrameAttributes } from '../hls-playlists/variant-formats.ts'
import type { Presentation } from '../presentation.ts'
import { passesTrickPlay } from '../tracks/filtered-tracks.ts'
import { iFrameOf } from '../tracks/i-frames.ts'
import { type ImagePart, imagesInEras, listedImages } from '../tracks/images.ts'
import { selectVariants } from '../tracks/stream-selection.ts'
import { canEncrypt, TRACK_TYPE } from './encrypted-segment.ts'
import { keyFrameSize, peakGrowth } from './encrypted-sizes.ts'
import { filterStreams } from './filter.ts'
import { hlsImageFileName, manifestFileName, type PlaylistName, type SegmentName, segmentFileName } from './names.ts'
import { segmentExtension } from './segment-media.ts'
import { tsSignalling } from './signalling.ts'
import { type HlsRendition, type HlsStream, type HlsStreamSet, streamNamed, streamSetOf } from './stream-set.ts'
import { hasMedia, hasPart, hlsFormats, videoOf } from './window-formats.ts'

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

export function allStreams(manifests: HlsManifests): HlsStreamSet | undefined {
  const { packaging, window } = manifests
  const era = window.eras.at(-1)
  if (!era) return undefined
  const leftOut = notEncryptable(manifests)
  const isPresent = (index: number) =>
    !leftOut.includes(index) && window.segments.some((segment) => hasMedia(segment, index))
  const streams = streamSetOf(era, packaging, isPresent)
  // There is no presentation without video: MediaPackage does not support radio.
  const isSeen = streams.variants.some(
    ({ source }) => source.tracks.every(({ kind }) => kind !== 'audio') || videoOf(source),
  )
  return isSeen ? streams : undefined
}

/** The source streams that would be shown if they could be encrypted as the endpoint wants it, by their indexes. */
export function notEncryptable({ packaging, window }: HlsManifests): readonly number[] {
  const streams = window.eras.at(-1)?.streams ?? []
  const renditions = streams.filter(({ role }) => role.kind === 'audio')
  return [...selectVariants(streams, packaging.streamSelection), ...renditions].flatMap((source) =>
    canEncrypt({ source }, packaging.encryption) ? [] : source.index,
  )
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
      return stream && canEncrypt(stream, packaging.encryption) ? [[era.id, stream]] : []
    }),
  )
}

/** True where a stream's segment in MPEG-TS has not the bytes of its sources. */
export function isChanged(
  { pids }: { readonly pids?: HlsStream['pids'] | undefined },
  { isCut }: SegmentSummary,
): boolean {
  return pids !== undefined || isCut === true
}

/**
 * True where the pictures of trick play are not in the variant's own segments, but in a file of their own: where those
 * are filtered or cut, their sources; where they are encrypted, the key frame alone, since no range can be decrypted.
 */
export function isApart(stream: HlsStream, segment: SegmentSummary, { encryption }: TsPackaging): boolean {
  return encryption !== undefined || isChanged(stream, segment)
}

/** The name of a stream's segment; undefined where the stream has a gap. */
export function segmentNamed(
  packaging: TsPackaging,
  streams: ReadonlyMap<number, HlsStream>,
  { name: { n = 0, p, iframes }, segment }: { readonly name: PlaylistName; readonly segment: SegmentSummary },
): (SegmentName & { readonly stream: HlsStream }) | undefined {
  const stream = streams.get(segment.era)
  if (!stream) return undefined
  // Subtitles may be silent for a while: that is an empty segment, not a gap.
  if (stream.source.container !== 'webvtt' && !hasPart(segment, stream)) return undefined
  const extension = segmentExtension(stream.source)
  const iFrames = iframes && isApart(stream, segment, packaging)
  if (iframes && (segment.isCut || packaging.encryption) && !iFrameOf(segment, n)) return undefined
  const { number } = segment
  return { n, ...(p !== undefined && { p }), ...(iFrames && { iframes }), number, extension, stream }
}

export function parentPlaylist(manifests: HlsManifests, streams: HlsStreamSet): string {
  const { packaging } = manifests
  const formatsOf = hlsFormats(manifests)
  const uri = ({ n, p }: HlsStream) => uriOf(manifests, { n, ...(p !== undefined && { p }) })
  const subtitles = streams.subtitles[0]?.role.groupId
  const variants = streams.variants.map(({ source, audio, ...stream }): DeclaredVariant => {
    const audioGroup = audio[0]?.role.groupId
    return {
      uri: uri({ ...stream, source }),
      role: source.role,
      formats: formatsOf({ ...stream, source, audio }),
      ...(audioGroup !== undefined && { audioGroup }),
      ...(subtitles !== undefined && { subtitlesGroup: subtitles }),
    }
  })
  const rendition =
    (type: DeclaredRendition['type']) =>
    (each: HlsRendition): DeclaredRendition => {
      return { type, ...each.role, ...(!each.isMuxed && { uri: uri(each) }) }
    }
  const renditions = [...streams.audio.map(rendition('AUDIO')), ...streams.subtitles.map(rendition('SUBTITLES'))]
  // Renditions need version 4, RFC 8216 §7.
  const version = renditions.length > 0 ? 4 : 3
  const sessionKeys = sessionKeysOf(manifests, streams)
  const playlist = parentPlaylistOf(version, manifests, { variants, renditions, sessionKeys })
  return writeMultivariantPlaylist({
    ...playlist,
    variants: playlist.variants.map((each) => ({ ...each, bandwidth: each.bandwidth + peakGrowth(packaging) })),
    iFrameStreams: iFrameStreams(manifests, streams, formatsOf),
    imageStreams: listedImages(manifests.window, manifests.filter).map((track) =>
      imageStream(track, uriOf(manifests, { n: track.stream.index, images: true })),
    ),
  })
}

function sessionKeysOf(manifests: HlsManifests, { variants, audio }: HlsStreamSet) {
  const { encryption } = manifests.packaging
  if (!encryption || variants.length + audio.length === 0) return []
  return sessionKeys(manifests, [TRACK_TYPE], tsSignalling(encryption))
}

/** The keys of a stream's playlist: of none that is text. */
function keysOfStreams(manifests: HlsManifests, streams: ReadonlyMap<number, HlsStream>): PlaylistKeys | undefined {
  const { packaging, manifest } = manifests
  const { encryption } = packaging
  if (!encryption) return undefined
  const trackTypeIn = ({ era }: SegmentSummary) =>
    streams.get(era)?.source.container === 'webvtt' ? undefined : TRACK_TYPE
  return playlistKeys(manifests, manifest, { ...tsSignalling(encryption), trackTypeIn })
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

function iFrameStreams(
  manifests: HlsManifests,
  streams: HlsStreamSet,
  formatsOf: ReturnType<typeof hlsFormats>,
): readonly IFrameStream[] {
  const name = iFramePlaylistName(manifests, streams)
  const variant = streams.variants.find(({ n }) => n === name?.n)
  if (!name || !variant) return []
  const sizes = manifests.window.segments.map((segment) => {
    const size = keyFrameSize(manifests.packaging, iFrameOf(segment, variant.n)?.size ?? 0)
    return (size * 8 * TICKS_PER_SECOND) / segment.duration
  })
  return [
    {
      uri: uriOf(manifests, name),
      bandwidth: Math.ceil(sizes.reduce((most, size) => Math.max(most, size), 1)),
      ...iFrameAttributes(formatsOf(variant).flatMap(({ video }) => video ?? [])),
    },
  ]
}

/** Writes the playlist of a stream of images; undefined when no era of the window has it. */
export function imagesPlaylist(manifests: HlsManifests, n: number): string | undefined {
  const { packaging, manifest, references, segmentQuery } = manifests
  const tracks = imagesInEras(manifests.window, ({ stream }) => stream.index === n)
  if (tracks.size === 0) return undefined
  const prefix = references.toSegments + encodeURIComponent(packaging.segment.name)
  const uriOf = (part: ImagePart) => hlsImageFileName(prefix, { n, ...part }) + segmentQuery
  return imagePlaylist(manifests, { settings: manifest, version: 3, tracks, uriOf })
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
    const named = segmentNamed(packaging, streams, { name, segment })
    if (!named) return undefined
    const uri = toSegment(named)
    if (!name.iframes || packaging.encryption) return { uri }
    const iframe = iFrameOf(segment, named.n)
    return iframe && { uri, byteRange: { offset: iframe.offset, size: iframe.size } }
  }
  const extension = segmentExtension(first.source)
  return playlistText({
    settings: manifest,
    window,
    ended,
    version: name.iframes ? 4 : 3,
    independentSegments: false,
    ...(name.iframes && { iFramesOnly: true }),
    list,
    stream: first.n,
    ...targetDurationIn(manifests),
    keys: keysOfStreams(manifests, streams),
    gapUri: ({ number }) => toSegment({ ...name, n: first.n, number, extension }),
  })
}
