import type { TrackDescription } from '../../media/track.ts'
import type { Era, SourceStream, StreamRole } from '../../model/output-segment.ts'
import type { TsPackaging } from '../../model/packaging.ts'
import { channelsAttribute } from '../hls-playlists/parent-playlist.ts'
import { isVariant, type SourceVariant, selectVariants } from '../tracks/stream-selection.ts'
import { audioOf, freeName } from '../tracks/track-set.ts'

/** The part of a source stream that one media playlist carries. */
export type HlsStream = {
  readonly n: number
  readonly p?: number
  readonly source: SourceStream
  /** Packet identifiers of the tracks kept; absent when the source's bytes are output unchanged. */
  readonly pids?: readonly number[]
}

export type HlsVariant = HlsStream & { readonly source: SourceVariant; readonly audio: readonly HlsRendition[] }

export type HlsRendition = HlsStream & {
  readonly role: Omit<Exclude<StreamRole, { kind: 'variant' }>, 'kind'>
  /** Codecs (RFC 6381). */
  readonly codecs: readonly string[]
}

/** The streams of an era as an HLS endpoint shows them. */
export type HlsStreamSet = {
  readonly variants: readonly HlsVariant[]
  readonly audio: readonly HlsRendition[]
  readonly subtitles: readonly HlsRendition[]
}

const SPLIT_GROUP = 'audio'
/** MediaPackage puts all subtitles into one group. */
const SUBTITLES_GROUP = 'subtitles'

/**
 * The streams to be shown; `isPresent` tells which source streams have media in the window. A source with audio
 * renditions of its own keeps its groups; otherwise the endpoint decides whether audio is split from the variants.
 */
export function streamSetOf(era: Era, packaging: TsPackaging, isPresent: (index: number) => boolean): HlsStreamSet {
  const streams = era.streams.filter(({ index }) => isPresent(index))
  const selected = selectVariants(streams, packaging.streamSelection)
  const subtitles = streams.flatMap(subtitlesRendition)
  if (!splitsAudio(era, packaging)) {
    const audio = streams.flatMap(audioRendition)
    const variants = selected.map((source) => ({
      ...variantPart(source, packaging, false),
      source,
      audio: audio.filter(({ role }) => role.groupId === source.role.audioGroup),
    }))
    return { variants, audio, subtitles }
  }
  const audio = distinctAudio(streams.filter(isVariant))
  const variants = selected.map((source) => ({
    ...variantPart(source, packaging, true),
    source,
    audio: hasVideo(source) ? audio : [],
  }))
  return { variants, audio, subtitles }
}

/**
 * The stream that a media playlist or segment of this era names, whether or not the parent playlist currently lists
 * it.
 */
export function streamNamed(
  era: Era,
  packaging: TsPackaging,
  { n, p }: { readonly n: number; readonly p?: number },
): HlsStream | undefined {
  const source = era.streams.find(({ index }) => index === n)
  if (!source) return undefined
  const isSplit = splitsAudio(era, packaging)
  if (p !== undefined) {
    const parts = isSplit && isVariant(source) ? audioParts(source) : renditionsOf(source)
    return parts.find((part) => part.p === p)
  }
  const variant = selectVariants([source], packaging.streamSelection)[0]
  return variant && variantPart(variant, packaging, isSplit)
}

function splitsAudio(era: Era, packaging: TsPackaging): boolean {
  return packaging.segment.useAudioRenditionGroup && !era.streams.some(({ role }) => role.kind === 'audio')
}

function renditionsOf(source: SourceStream): readonly HlsRendition[] {
  return [...audioRendition(source), ...subtitlesRendition(source)]
}

function audioRendition(source: SourceStream): readonly HlsRendition[] {
  const { index, role } = source
  if (role.kind !== 'audio') return []
  const audio = audioOf(source)
  const channels = role.channels ?? (audio[0] && channelsAttribute(audio[0]))
  return [
    {
      n: index,
      p: 0,
      source,
      role: { ...role, ...(channels !== undefined && { channels }) },
      codecs: audio.map(({ codec }) => codec),
    },
  ]
}

function subtitlesRendition(source: SourceStream): readonly HlsRendition[] {
  const { index, role, container } = source
  if (role.kind !== 'subtitles' || container !== 'webvtt') return []
  return [{ n: index, p: 0, source, role: { ...role, groupId: SUBTITLES_GROUP }, codecs: [] }]
}

/**
 * A variant without the tracks the endpoint leaves out: audio listed by itself, and DVB subtitles unless requested.
 */
function variantPart(source: SourceVariant, packaging: TsPackaging, isSplit: boolean): HlsStream {
  const leavesOut = ({ kind }: TrackDescription) =>
    (kind === 'audio' && isSplit && hasVideo(source)) ||
    (kind === 'dvb-subtitles' && !packaging.segment.includeDvbSubtitles)
  const stream = { n: source.index, source }
  if (!source.tracks.some(leavesOut)) return stream
  return { ...stream, pids: source.tracks.flatMap((track) => (leavesOut(track) ? [] : track.pid)) }
}

type AudioPart = HlsRendition & { readonly track: ReturnType<typeof audioOf>[number] }

/** The audio tracks of a variant, each by itself; the parent playlist names and ranks them anew. */
function audioParts(source: SourceVariant): readonly AudioPart[] {
  if (!hasVideo(source)) return []
  return audioOf(source).map((track, p) => ({
    n: source.index,
    p,
    source,
    pids: [track.pid],
    track,
    codecs: [track.codec],
    role: { groupId: SPLIT_GROUP, name: '', isDefault: false, autoselect: false },
  }))
}

/**
 * Each distinct audio once, from the variant with the lowest bandwidth that carries it, in the order of that
 * variant's tracks.
 */
function distinctAudio(variants: readonly SourceVariant[]): readonly HlsRendition[] {
  const found = new Map<string, HlsRendition>()
  const languages = new Set<string>()
  const names = new Set<string>()
  for (const variant of variants.toSorted((a, b) => a.role.bandwidth - b.role.bandwidth)) {
    for (const { track, ...part } of audioParts(variant)) {
      const { codec, channels, sampleRate } = track
      const language = track.language === 'und' ? undefined : track.language
      const identity = `${codec}/${channels}/${sampleRate}/${language}`
      if (found.has(identity)) continue
      const name = freeName(language ?? 'audio', names)
      // Players choose by language; a second rendition in one language is for people to choose.
      const autoselect = !languages.has(language ?? '')
      const role = {
        groupId: SPLIT_GROUP,
        name,
        isDefault: found.size === 0,
        autoselect,
        channels: channelsAttribute(track),
      }
      found.set(identity, { ...part, role: { ...role, ...(language !== undefined && { language }) } })
      languages.add(language ?? '')
    }
  }
  return [...found.values()]
}

export function hasVideo({ tracks }: SourceStream): boolean {
  return tracks.some((track) => track.kind === 'video')
}
