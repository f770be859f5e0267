import type { TrackDescription } from '../../media/track.ts'
import type { Era, SourceStream } from '../../model/output-segment.ts'
import type { TsPackaging } from '../../model/packaging.ts'
import type { RenditionRole } from '../../model/stream-role.ts'
import { channelsAttribute } from '../hls-playlists/parent-playlist.ts'
import { hasVideo, isVariant, type SourceVariant, selectVariants } from '../tracks/stream-selection.ts'
import { audioOf } from '../tracks/track-set.ts'
import { audioParts, muxedAudio, SPLIT_GROUP, splitAudio } from './muxed-audio.ts'

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
  readonly role: Omit<RenditionRole, 'kind'>
  /** The variants themselves carry it, so it has no playlist of its own. */
  readonly isMuxed?: true
  /** Codecs (RFC 6381). */
  readonly codecs: readonly string[]
}

/** The streams of an era as an HLS endpoint shows them. */
export type HlsStreamSet = {
  readonly variants: readonly HlsVariant[]
  readonly audio: readonly HlsRendition[]
  readonly subtitles: readonly HlsRendition[]
}

/** MediaPackage puts all subtitles into one group. */
const SUBTITLES_GROUP = 'subtitles'

/**
 * The streams to be shown; `isPresent` tells which source streams have media in the window. A source with audio
 * renditions of its own keeps its groups; the endpoint decides whether muxed audio is split from the variants.
 */
export function streamSetOf(era: Era, packaging: TsPackaging, isPresent: (index: number) => boolean): HlsStreamSet {
  const streams = era.streams.filter(({ index }) => isPresent(index))
  const selected = selectVariants(streams, packaging.streamSelection)
  const apart = streams.flatMap(audioRendition)
  const muxed = packaging.segment.useAudioRenditionGroup
    ? splitAudio(
        streams.filter(isVariant).filter((source) => splitsAudio(era, packaging, source)),
        hasAudioRenditions(era) ? apart : undefined,
      )
    : muxedAudio(selected, apart)
  const audio = [...muxed, ...apart]
  const variants = selected.map((source) => ({
    ...variantPart(source, packaging, splitsAudio(era, packaging, source)),
    source,
    audio: audio.filter(({ role: { groupId } }) => groupId === audioGroupOf(era, packaging, source)),
  }))
  return { variants, audio, subtitles: streams.flatMap(subtitlesRendition) }
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
  const isSplit = isVariant(source) && splitsAudio(era, packaging, source)
  if (p !== undefined) {
    const parts = isSplit ? audioParts(source) : renditionsOf(source)
    return parts.find((part) => part.p === p)
  }
  const variant = selectVariants([source], packaging.streamSelection)[0]
  return variant && variantPart(variant, packaging, isSplit)
}

/** True when the audio of a variant is to be split off: unless all renditions of its group already have a URI. */
function splitsAudio(era: Era, { segment }: TsPackaging, { role }: SourceVariant): boolean {
  return segment.useAudioRenditionGroup && (!hasAudioRenditions(era) || role.muxedAudio !== undefined)
}

function hasAudioRenditions({ streams }: Era): boolean {
  return streams.some(({ role }) => role.kind === 'audio')
}

function audioGroupOf(era: Era, { segment }: TsPackaging, source: SourceVariant): string | undefined {
  if (hasAudioRenditions(era) || !segment.useAudioRenditionGroup) return source.role.audioGroup
  return hasVideo(source) ? SPLIT_GROUP : undefined
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
