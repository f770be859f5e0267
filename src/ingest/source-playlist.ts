import type { MediaPlaylist } from '../manifests/hls/media-playlist.ts'
import { parseMediaPlaylistInSteps } from '../manifests/hls/media-playlist-reader.ts'
import type {
  ImageStream,
  MultivariantPlaylist,
  Rendition,
  VariantStream,
} from '../manifests/hls/multivariant-playlist.ts'
import { parseMultivariantPlaylistInSteps } from '../manifests/hls/multivariant-playlist-reader.ts'
import { MalformedPlaylist } from '../manifests/hls/playlist-error.ts'
import { kindOfPlaylistInSteps } from '../manifests/hls/playlist-kind.ts'
import { playlistReading } from '../manifests/hls/playlist-lines.ts'
import { allSteps, StepMeter, type Steps } from '../media/steps.ts'
import { ticksFromSeconds } from '../media/time.ts'
import type { FoundHabit } from '../model/input-timeline/habits.ts'
import type { ListedPlaylist, ListedSegment, ListedStream } from '../model/listed-playlist.ts'
import type { ClosedCaptions, MuxedAudio, StreamRole } from '../model/stream-role.ts'
import { FILE_NAME_RULE, fileName, folderOf, isPlaylistName } from './file-name.ts'
import { lineNumberAt } from './line-number.ts'
import { Refusal } from './refusal.ts'

/** The location of a playlist. */
export type PlaylistPlace = {
  readonly name: string
  /** Path of the ingest folder, ending with a slash. */
  readonly folder: string
}

/** The content of an encoder's playlist, with what was corrected in it or left out. */
export type SourcePlaylist = { readonly habits: readonly FoundHabit[] } & (
  | { readonly kind: 'parent'; readonly streams: readonly ListedStream[] }
  | { readonly kind: 'media'; readonly playlist: ListedPlaylist }
)

/**
 * Reads a playlist from an encoder. Everything it lists must be below the ingest URL. Throws MalformedPlaylist, and
 * Refusal for a parent playlist with more than `maxStreams`.
 */
export function readSourcePlaylist(text: string, place: PlaylistPlace, maxStreams: number): SourcePlaylist {
  return allSteps(readSourcePlaylistInSteps(text, place, maxStreams))
}

/** As `readSourcePlaylist`, in steps. */
export function* readSourcePlaylistInSteps(
  text: string,
  place: PlaylistPlace,
  maxStreams: number,
): Steps<SourcePlaylist> {
  const nameOf = (uri: string) => {
    const name = nameOfUri(uri, place)
    if (name === undefined)
      throw new MalformedPlaylist(
        lineNumberAt(text, text.indexOf(uri)),
        `'${uri}' names no file below the ingest URL; ${FILE_NAME_RULE}`,
      )
    return name
  }
  const reading = playlistReading()
  if ((yield* kindOfPlaylistInSteps(text, reading)) === 'media') {
    const playlist = yield* listedPlaylist(place.name, yield* parseMediaPlaylistInSteps(text, reading), nameOf)
    return { kind: 'media', playlist, habits: reading.habits.found }
  }
  const playlistOf = (uri: string) => {
    const name = nameOf(uri)
    if (isPlaylistName(name)) return name
    throw new MalformedPlaylist(
      lineNumberAt(text, text.indexOf(uri)),
      `'${uri}' must end in .m3u8, or what is put there is no playlist`,
    )
  }
  const streams = streamsOf(yield* parseMultivariantPlaylistInSteps(text, reading), playlistOf)
  if (streams.length > maxStreams) throw Refusal.of('TooManyStreams', { streams: streams.length, limit: maxStreams })
  return { kind: 'parent', streams, habits: reading.habits.found }
}

function* listedPlaylist(
  name: string,
  playlist: MediaPlaylist,
  nameOf: (uri: string) => string,
): Steps<ListedPlaylist> {
  const { targetDuration, mediaSequence, segments, ended } = playlist
  const meter = new StepMeter()
  const listed: ListedSegment[] = []
  for (const { uri, duration, discontinuity, programDateTime, markers } of segments) {
    const date = programDateTime === undefined ? {} : { programDateTime }
    const adTags = markers && { adTags: [...markers.dateRanges, ...markers.cues] }
    listed.push({ name: nameOf(uri), duration, discontinuity, ...date, ...adTags })
    if (meter.ends(uri.length)) yield
  }
  return {
    name,
    targetDuration: ticksFromSeconds(targetDuration),
    mediaSequence,
    ended,
    segments: listed,
  }
}

/**
 * The streams of a parent playlist: variants in order, then renditions, then images. A playlist listed twice is one
 * stream, in its first role.
 */
function streamsOf(parent: MultivariantPlaylist, nameOf: (uri: string) => string): ListedStream[] {
  const roles = new Map<string, StreamRole>()
  const add = (uri: string, role: StreamRole) => {
    const playlist = nameOf(uri)
    if (!roles.has(playlist)) roles.set(playlist, role)
  }
  const captions = impliedCaptions(parent)
  for (const variant of parent.variants) {
    add(variant.uri, variantRole({ ...variant, ...captions }, parent.renditions))
  }
  for (const rendition of parent.renditions) {
    const role = renditionRole(rendition)
    if (role && rendition.uri !== undefined) add(rendition.uri, role)
  }
  for (const images of parent.imageStreams ?? []) add(images.uri, imagesRole(images))
  return Array.from(roles, ([playlist, role], at) => ({ index: at + 1, playlist, role }))
}

const VARIANT = ['bandwidth', 'averageBandwidth', 'codecs', 'resolution', 'frameRate', 'closedCaptions'] as const
const CAPTIONS = ['name', 'language', 'isDefault', 'autoselect', 'characteristics'] as const
const MUXED_AUDIO = ['name', 'language', 'isDefault', 'channels', 'characteristics'] as const
const RENDITION = ['groupId', 'name', 'language', 'isDefault', 'autoselect', 'channels', 'characteristics'] as const
/** INSTREAM-ID of RFC 8216 §4.3.4.1; players cannot find captions in a channel with another name. */
const INSTREAM_ID = /^(CC[1-4]|SERVICE([1-9]|[1-5][0-9]|6[0-3]))$/

function variantRole(variant: VariantStream, renditions: readonly Rendition[]): StreamRole {
  const { audio, subtitles } = variant
  const captions = captionsOf(variant, renditions)
  const muxedAudio = muxedAudioOf(variant, renditions)
  return {
    kind: 'variant',
    ...pick(variant, VARIANT),
    ...(audio === undefined ? {} : { audioGroup: audio }),
    ...(muxedAudio.length > 0 && { muxedAudio }),
    ...(subtitles === undefined ? {} : { subtitlesGroup: subtitles }),
    ...(captions.length > 0 && { captions }),
  }
}

/** Renditions: more than the tracks that a segment may have are not in it. */
const MOST_MUXED = 10

/** The audio renditions of a variant's group that have no URI: the variant's own segments contain them. */
function muxedAudioOf({ audio }: VariantStream, renditions: readonly Rendition[]): MuxedAudio[] {
  return renditions
    .filter(({ type, groupId, uri }) => type === 'AUDIO' && groupId === audio && uri === undefined)
    .slice(0, MOST_MUXED)
    .map((rendition) => ({
      ...pick(rendition, MUXED_AUDIO),
      // AUTOSELECT must be YES where DEFAULT is, RFC 8216 §4.3.4.1.
      autoselect: rendition.autoselect || rendition.isDefault,
    }))
}

/** The only group of closed captions, where no variant says anything of them: it is that of all. */
function impliedCaptions({ variants, renditions }: MultivariantPlaylist): Pick<VariantStream, 'closedCaptions'> {
  const groups = new Set(renditions.flatMap(({ type, groupId }) => (type === 'CLOSED-CAPTIONS' ? groupId : [])))
  const [only] = groups
  const areSilent = variants.every(({ closedCaptions }) => closedCaptions === undefined)
  return only !== undefined && groups.size === 1 && areSilent ? { closedCaptions: only } : {}
}

/**
 * The closed captions of a variant. They are carried in the video, so they belong to the variants that name their
 * group.
 */
function captionsOf({ closedCaptions }: VariantStream, renditions: readonly Rendition[]): ClosedCaptions[] {
  return renditions.flatMap((rendition) => {
    const { type, groupId, instreamId } = rendition
    const isOfGroup = type === 'CLOSED-CAPTIONS' && groupId === closedCaptions
    return isOfGroup && instreamId && INSTREAM_ID.test(instreamId) ? [{ ...pick(rendition, CAPTIONS), instreamId }] : []
  })
}

/**
 * The role of a rendition with a playlist of its own; undefined for other camera angles, which MediaPackage's outputs
 * cannot express.
 */
function renditionRole(rendition: Rendition): StreamRole | undefined {
  if (rendition.type === 'AUDIO') return { kind: 'audio', ...pick(rendition, RENDITION) }
  if (rendition.type !== 'SUBTITLES') return undefined
  return { kind: 'subtitles', ...pick(rendition, RENDITION), ...(rendition.forced && { forced: true }) }
}

function imagesRole(images: ImageStream): StreamRole {
  return { kind: 'images', ...pick(images, ['bandwidth', 'averageBandwidth', 'resolution']) }
}

/** Copies the members named in `keys` that are present. */
function pick<T extends object, K extends keyof T>(value: T, keys: readonly K[]): Pick<T, K> {
  const there = keys.filter((key) => value[key] !== undefined).map((key) => [key, value[key]])
  return Object.fromEntries(there) as Pick<T, K>
}

/**
 * The name of the file that a URI names: a path seen from the playlist's own folder, a path that begins with the ingest
 * folder's, or a URL with such a path: behind proxies nobody knows by which host the encoder addresses this server.
 * What stands behind the name, a query or a fragment, names no other file. Undefined for any other URI.
 */
function nameOfUri(uri: string, { name, folder }: PlaylistPlace): string | undefined {
  const path = /[?#]/.test(uri) ? uri.replace(QUERY, '').replace(FRAGMENT, '') : uri
  const local = path.replace(/^https?:\/\/[^/]*(?=\/)/i, '')
  if (local.startsWith(folder)) return fileName(local.slice(folder.length))
  return local.startsWith('/') || OTHER_SCHEME.test(local) ? undefined : fileName(local, folderOf(name))
}

const QUERY = /\?.*$/s
/** Behind a name with an extension: `camera#1.ts` is a name that was not encoded. */
const FRAGMENT = /(?<=\.[A-Za-z0-9]+)#.*$/s
/** Anything else before a colon is a part of a name, which an encoder should have written behind `./`. */
const OTHER_SCHEME = /^(?:[a-z][a-z0-9+.-]*:\/\/|(?:about|blob|data|file|https?):)/i
