import type { HlsPackage } from '../model/origin-endpoint.ts'
import type { Era, SourceStream, StreamRole } from '../model/output-segment.ts'
import type { TrackDescription } from '../model/source-segment.ts'
import { isVariant, type SourceVariant, selectVariants } from './stream-selection.ts'

type AudioTrack = Extract<TrackDescription, { kind: 'audio' }>

/** What one media playlist carries of a source stream. */
export type HlsStream = {
  readonly n: number
  readonly p?: number
  /** Packet identifiers of the tracks kept; absent when the source's bytes go out as they are. */
  readonly pids?: readonly number[]
}

export type HlsVariant = HlsStream & { readonly source: SourceVariant; readonly audio: readonly HlsAudio[] }

export type HlsAudio = HlsStream & {
  readonly role: Omit<Exclude<StreamRole, { kind: 'variant' }>, 'kind'>
  /** RFC 6381. */
  readonly codecs: readonly string[]
}

/** The streams of an era as an HLS endpoint shows them. */
export type HlsPresentation = { readonly variants: readonly HlsVariant[]; readonly audio: readonly HlsAudio[] }

const SPLIT_GROUP = 'audio'

/**
 * `isPresent` says which source streams have media in the window; the others are left out. A source with audio
 * renditions of its own keeps its groups; otherwise the endpoint decides whether audio leaves the variants. Subtitles
 * are not shown yet.
 */
export function presentEra(era: Era, settings: HlsPackage, isPresent: (index: number) => boolean): HlsPresentation {
  const streams = era.streams.filter(({ index }) => isPresent(index))
  const selected = selectVariants(streams, settings.streamSelection)
  if (!splitsAudio(era, settings)) {
    const audio = streams.flatMap(sourceRendition)
    const variants = selected.map((source) => ({
      n: source.index,
      source,
      audio: audio.filter(({ role }) => role.groupId === source.role.audioGroup),
    }))
    return { variants, audio }
  }
  const audio = distinctAudio(streams.filter(isVariant))
  const variants = selected.map((source) => ({
    ...videoPart(source),
    source,
    audio: hasVideo(source) ? audio : [],
  }))
  return { variants, audio }
}

/** The stream a media playlist or a segment of this era names, whether or not the parent playlist lists it just now. */
export function streamNamed(
  era: Era,
  settings: HlsPackage,
  { n, p }: { readonly n: number; readonly p?: number },
): HlsStream | undefined {
  const source = era.streams.find(({ index }) => index === n)
  if (!source) return undefined
  const isSplit = splitsAudio(era, settings)
  if (p !== undefined) {
    const parts = isSplit && isVariant(source) ? audioParts(source) : sourceRendition(source)
    return parts.find((part) => part.p === p)
  }
  const variant = selectVariants([source], settings.streamSelection)[0]
  if (!variant) return undefined
  return isSplit ? videoPart(variant) : { n }
}

function splitsAudio(era: Era, settings: HlsPackage): boolean {
  return settings.useAudioRenditionGroup && !era.streams.some(({ role }) => role.kind === 'audio')
}

function sourceRendition({ index, role, tracks }: SourceStream): readonly HlsAudio[] {
  if (role.kind !== 'audio') return []
  const audio = audioOf(tracks)
  const channels = role.channels ?? audio[0]?.channels.toString()
  return [
    {
      n: index,
      p: 0,
      role: { ...role, ...(channels !== undefined && { channels }) },
      codecs: audio.map(({ codec }) => codec),
    },
  ]
}

function videoPart(source: SourceVariant): HlsStream {
  const n = source.index
  if (!hasVideo(source) || audioOf(source.tracks).length === 0) return { n }
  return { n, pids: source.tracks.flatMap((track) => (track.kind === 'audio' ? [] : track.pid)) }
}

/** Each audio track of a variant by itself; the parent playlist names and ranks them anew. */
function audioParts(source: SourceVariant): readonly (HlsAudio & { readonly track: AudioTrack })[] {
  if (!hasVideo(source)) return []
  return audioOf(source.tracks).map((track, p) => ({
    n: source.index,
    p,
    pids: [track.pid],
    track,
    codecs: [track.codec],
    role: { groupId: SPLIT_GROUP, name: '', isDefault: false, autoselect: false },
  }))
}

/** Every audio once, from the variant of least bandwidth that carries it, in the order of that variant's tracks. */
function distinctAudio(variants: readonly SourceVariant[]): readonly HlsAudio[] {
  const found = new Map<string, HlsAudio>()
  const languages = new Set<string>()
  const names = new Set<string>()
  for (const variant of variants.toSorted((a, b) => a.role.bandwidth - b.role.bandwidth)) {
    for (const { track, ...part } of audioParts(variant)) {
      const { codec, channels, sampleRate } = track
      const language = track.language === 'und' ? undefined : track.language
      const identity = `${codec}/${channels}/${sampleRate}/${language}`
      if (found.has(identity)) continue
      const name = freeName(language ?? 'audio', names)
      // Players choose by language: a second rendition of one language is for people to choose.
      const autoselect = !languages.has(language ?? '')
      const role = { groupId: SPLIT_GROUP, name, isDefault: found.size === 0, autoselect, channels: `${channels}` }
      found.set(identity, { ...part, role: { ...role, ...(language !== undefined && { language }) } })
      languages.add(language ?? '')
    }
  }
  return [...found.values()]
}

function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted
  for (let count = 2; taken.has(name); count++) name = `${wanted} (${count})`
  taken.add(name)
  return name
}

export function audioOf(tracks: readonly TrackDescription[]): readonly AudioTrack[] {
  return tracks.filter((track) => track.kind === 'audio')
}

function hasVideo({ tracks }: SourceStream): boolean {
  return tracks.some((track) => track.kind === 'video')
}
