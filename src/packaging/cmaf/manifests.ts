import { writeMultivariantPlaylist } from '../../manifests/hls/multivariant-playlist.ts'
import { TICKS_PER_SECOND, utcMs } from '../../media/time.ts'
import type { HlsManifest } from '../../model/manifest.ts'
import type { SegmentSummary } from '../../model/output-segment.ts'
import type { CmafPackaging } from '../../model/packaging.ts'
import type { StreamInterval } from '../../model/stream-interval.ts'
import { imagePlaylist, imageStream } from '../hls-playlists/image-playlists.ts'
import { type ListedAs, playlistText, targetDurationIn } from '../hls-playlists/media-playlist.ts'
import {
  channelsAttribute,
  type DeclaredRendition,
  type DeclaredVariant,
  parentPlaylistOf,
} from '../hls-playlists/parent-playlist.ts'
import { iFrameAttributes } from '../hls-playlists/variant-formats.ts'
import type { Presentation } from '../presentation.ts'
import { filterTracks, passesTrickPlay } from '../tracks/filtered-tracks.ts'
import { iFrameOf } from '../tracks/i-frames.ts'
import { type ImagePart, imagesInEras, listedImages } from '../tracks/images.ts'
import {
  familyOf,
  type SingleAudio,
  type SingleTrack,
  type SingleVideo,
  type TrackSet,
  trackNumbered,
  trackSetOf,
} from '../tracks/track-set.ts'
import { hasTrack, streamIntervalOf } from '../tracks/track-times.ts'
import { cmafKeys, cmafSessionKeys, headerPlace } from './keys.ts'
import { type CmafFileNames, type CmafPlaylistName, type CmafTrackName, playlistFileName } from './names.ts'
import { cmafFormats } from './window-formats.ts'

/** The values that all playlists of one HLS manifest of a CMAF endpoint share. */
export type CmafManifests = Presentation & {
  readonly packaging: CmafPackaging
  readonly manifest: HlsManifest
  readonly fileNames: CmafFileNames
}

/** EXT-X-VERSION; EXT-X-MAP outside I-frame playlists needs 6, RFC 8216 §7. */
const VERSION = 6
const SUBTITLES_GROUP = 'subtitles'

/** The tracks a parent playlist lists: those of the window's last era that have media in the window. */
export function listedTracks(manifests: CmafManifests): TrackSet | 'nothing left' | undefined {
  const tracks = allTracks(manifests)
  const filtered = tracks && filterTracks(tracks, manifests.filter)
  return filtered && Object.values(filtered).every((each) => each.length === 0) ? 'nothing left' : filtered
}

export function allTracks({ packaging, window }: CmafManifests): TrackSet | undefined {
  const era = window.eras.at(-1)
  if (!era) return undefined
  const isPresent = (index: number) =>
    window.segments.some(({ slots }) => slots.some(({ objects }) => objects[index] !== undefined))
  const tracks = trackSetOf(era, packaging.streamSelection, isPresent)
  return tracks.video.length > 0 ? tracks : undefined
}

export function nameOf({ kind, n }: SingleTrack): CmafTrackName {
  return { kind: kind === 'text' ? 'subtitles' : kind, n }
}

/** The track for trick play: the first video rendition, when the manifest and the filter allow it. */
export function iFrameTrack({ manifest, filter }: CmafManifests, { video }: TrackSet): SingleVideo | undefined {
  const [first] = manifest.includeIframeOnlyStream ? video : []
  return first && passesTrickPlay(filter, first.description.height) ? first : undefined
}

export function cmafParent(manifests: CmafManifests, tracks: TrackSet): string {
  const { manifest, references } = manifests
  const uri = (track: CmafPlaylistName) =>
    references.toManifests + encodeURIComponent(playlistFileName(manifest.name, track))
  const groups = Map.groupBy(tracks.audio, groupOf)
  const renditions: DeclaredRendition[] = [
    ...[...groups.values()].flatMap((group) => {
      // Each group has a default of its own, since a player takes the group it can play.
      const defaultAt = Math.max(
        group.findIndex(({ isDefault }) => isDefault),
        0,
      )
      return group.map(
        (track, i): DeclaredRendition => ({
          type: 'AUDIO',
          groupId: groupOf(track),
          ...labels(track),
          isDefault: i === defaultAt,
          channels: channelsAttribute(track.description),
          uri: uri(nameOf(track)),
        }),
      )
    }),
    ...tracks.text.map(
      (track): DeclaredRendition => ({
        type: 'SUBTITLES',
        groupId: SUBTITLES_GROUP,
        ...labels(track),
        forced: track.forced,
        uri: uri(nameOf(track)),
      }),
    ),
  ]
  const subtitles = tracks.text.length > 0 ? { subtitlesGroup: SUBTITLES_GROUP } : {}
  const formatsOf = cmafFormats(manifests)
  const variant = (video: SingleVideo, audio: readonly SingleAudio[], audioGroup?: string): DeclaredVariant => ({
    uri: uri(nameOf(video)),
    role: video.role,
    formats: formatsOf(video, audio),
    ...(audioGroup !== undefined && { audioGroup }),
    ...subtitles,
  })
  // Every video track is listed once for each audio group, since a variant has one group, RFC 8216 §4.3.4.2.1.
  const variants =
    groups.size === 0
      ? tracks.video.map((video) => variant(video, []))
      : [...groups].flatMap(([id, audio]) => tracks.video.map((video) => variant(video, audio, id)))
  const playlist = parentPlaylistOf(VERSION, manifests, {
    variants,
    renditions,
    sessionKeys: cmafSessionKeys(manifests, [...tracks.video, ...tracks.audio]),
  })
  return writeMultivariantPlaylist({
    ...playlist,
    iFrameStreams: iFrameStreams(manifests, tracks, uri),
    imageStreams: listedImages(manifests.window, manifests.filter).map((each) =>
      imageStream(each, uri({ kind: 'image', n: each.n })),
    ),
  })
}

function groupOf({ description }: SingleAudio): string {
  return `audio_${familyOf(description.codec)}`
}

function labels({ name, language, isDefault, autoselect, characteristics }: Exclude<SingleTrack, SingleVideo>) {
  return {
    name,
    ...(language !== undefined && { language }),
    isDefault,
    autoselect,
    ...(characteristics !== undefined && { characteristics }),
  }
}

function iFrameStreams(manifests: CmafManifests, tracks: TrackSet, uri: (track: CmafTrackName) => string) {
  const video = iFrameTrack(manifests, tracks)
  if (!video) return []
  const rates = manifests.window.segments.map((segment) => {
    return ((iFrameOf(segment, video.stream.index)?.size ?? 0) * 8 * TICKS_PER_SECOND) / segment.duration
  })
  const formats = cmafFormats(manifests)(video, [])
  return [
    {
      uri: uri({ kind: 'iframe', n: video.n }),
      bandwidth: Math.ceil(rates.reduce((most, rate) => Math.max(most, rate), 1)),
      ...iFrameAttributes(formats.flatMap((format) => format.video ?? [])),
    },
  ]
}

/** The track of this name in each era of the window that has it. */
export function tracksNamed(
  { packaging, manifest, window }: CmafManifests,
  { kind, n }: CmafTrackName,
): ReadonlyMap<number, SingleTrack> {
  if (kind === 'iframe' && !manifest.includeIframeOnlyStream) return new Map()
  return new Map(
    window.eras.flatMap((era) => {
      const track = trackNumbered(era, packaging.streamSelection, n)
      return track && nameOf(track).kind === (kind === 'iframe' ? 'video' : kind) ? [[era.id, track]] : []
    }),
  )
}

/** Writes the playlist of a stream of images; undefined when no era of the window has it. */
function cmafImages(manifests: CmafManifests, n: number): string | undefined {
  const { packaging, manifest, fileNames, references, segmentQuery } = manifests
  const tracks = imagesInEras(manifests.window, (each) => each.n === n)
  if (tracks.size === 0) return undefined
  const prefix = references.toSegments + encodeURIComponent(packaging.segment.name)
  const uriOf = (part: ImagePart) => fileNames.image(prefix, { n, era: part.segment.era }, part) + segmentQuery
  return imagePlaylist(manifests, { settings: manifest, version: VERSION, tracks, uriOf })
}

/** The track whose segment a playlist lists at this output segment; undefined at a gap. */
export function trackAt(
  tracks: ReadonlyMap<number, SingleTrack>,
  { kind }: CmafTrackName,
  segment: SegmentSummary,
): SingleTrack | undefined {
  const track = tracks.get(segment.era)
  if (!track || !hasTrack(track, segment)) return undefined
  return kind === 'iframe' && !iFrameOf(segment, track.stream.index) ? undefined : track
}

/** Writes the playlist of a track; undefined when no era of the window has the track. */
export function cmafPlaylist(manifests: CmafManifests, name: CmafPlaylistName): string | undefined {
  if (name.kind === 'image') return cmafImages(manifests, name.n)
  const { packaging, manifest, fileNames, window, references, segmentQuery, ended } = manifests
  const tracks = tracksNamed(manifests, name)
  const [first] = tracks.values()
  if (!first) return undefined
  const prefix = references.toSegments + encodeURIComponent(packaging.segment.name)
  const uriOf = (segment: SegmentSummary) => fileNames.segment(prefix, name, segment) + segmentQuery
  const headed: CmafTrackName = { ...name, kind: name.kind === 'iframe' ? 'video' : name.kind }
  const list = (segment: SegmentSummary): ListedAs | undefined => {
    if (!trackAt(tracks, name, segment)) return undefined
    if (name.kind === 'subtitles') return { uri: uriOf(segment) }
    return {
      uri: uriOf(segment),
      map: fileNames.header(prefix, headed, headerPlace(packaging, segment)) + segmentQuery,
    }
  }
  const sound =
    name.kind === 'audio' ? soundSinceCut(window.segments, (each) => trackAt(tracks, name, each)) : undefined
  return playlistText({
    settings: manifest,
    window,
    ended,
    version: VERSION,
    independentSegments: true,
    ...(name.kind === 'iframe' && { iFramesOnly: true }),
    list,
    stream: first.stream.index,
    intervalIn: (segment) => sound?.get(segment),
    ...targetDurationIn(manifests),
    keys: cmafKeys(manifests, (segment) => tracks.get(segment.era)),
    gapUri: uriOf,
  })
}

/**
 * When sound is shown from where a presentation begins within a segment up to the next discontinuity: as long as it
 * is, since there it does not begin and end as far from the pictures as elsewhere, and dated as if it began with them,
 * though its first frame begins a moment earlier. shaka-player places all by those dates and durations, and waits at
 * the end for what lies behind that of another track.
 */
function soundSinceCut(
  segments: readonly SegmentSummary[],
  trackOf: (segment: SegmentSummary) => SingleTrack | undefined,
): ReadonlyMap<SegmentSummary, StreamInterval> {
  const intervals = new Map<SegmentSummary, StreamInterval>()
  let early: number | undefined
  for (const segment of segments) {
    if (segment.discontinuity) early = undefined
    if (early === undefined && !segment.isCutAtStart) continue
    const track = trackOf(segment)
    const own = track && streamIntervalOf(track, segment)
    if (segment.isCutAtStart) early = own ? segment.startUtc - own.startUtc : 0
    if (own && early !== undefined) intervals.set(segment, { ...own, startUtc: utcMs(own.startUtc + early) })
  }
  return intervals
}
