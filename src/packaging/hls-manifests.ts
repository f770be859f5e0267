import { type MediaPlaylist, type MediaSegment, writeMediaPlaylist } from '../manifests/hls/media-playlist.ts'
import {
  type MultivariantPlaylist,
  type Rendition,
  type VariantStream,
  writeMultivariantPlaylist,
} from '../manifests/hls/multivariant-playlist.ts'
import { msFromTicks, TICKS_PER_MS, type Ticks, ticks, type UtcMs } from '../media/time.ts'
import type { HlsPackage } from '../model/origin-endpoint.ts'
import type { ArchiveWindow, OutputSegment } from '../model/output-segment.ts'
import { manifestFileName, segmentFileName } from './hls-names.ts'
import {
  audioOf,
  type HlsAudio,
  type HlsPresentation,
  type HlsVariant,
  presentEra,
  streamNamed,
} from './hls-presentation.ts'
import type { SegmentName } from './output-format.ts'

/** What all manifests of one HLS presentation have in common. */
export type HlsManifests = {
  readonly settings: HlsPackage
  readonly window: ArchiveWindow
  /** Percent-encoded: everything written here is a URI. */
  readonly manifestName: string
  /** What follows a segment's file name: the query of live segments. */
  readonly segmentQuery: string
  readonly ended: boolean
}

/** The streams a parent playlist shows: those of the window's last era that have media in the window. */
export function presentationOf({ settings, window }: HlsManifests): HlsPresentation | undefined {
  const era = window.eras.at(-1)
  if (!era) return undefined
  const isPresent = (index: number) => window.segments.some((segment) => hasMedia(segment, index))
  const presentation = presentEra(era, settings, isPresent)
  return presentation.variants.length > 0 ? presentation : undefined
}

/** Tells which output segments hold media of a stream. Undefined when no era of the window has such a stream. */
export function holdersOf(
  { settings, window }: HlsManifests,
  name: Omit<SegmentName, 'number'>,
): ((segment: OutputSegment) => boolean) | undefined {
  const eras = new Set(window.eras.filter((era) => streamNamed(era, settings, name)).map(({ id }) => id))
  if (eras.size === 0) return undefined
  return (segment) => eras.has(segment.era) && hasMedia(segment, name.n)
}

function hasMedia(segment: OutputSegment, index: number): boolean {
  return segment.slots.some(({ objects }) => objects[index] !== undefined)
}

export function parentPlaylist({ manifestName }: HlsManifests, presentation: HlsPresentation): string {
  const uri = (name: { readonly n: number; readonly p?: number }) => manifestFileName(manifestName, name)
  // CLOSED-CAPTIONS names a group, and groups of captions are not passed on; NONE holds for all variants or for none.
  const hasNoCaptions = presentation.variants.every(({ source }) => source.role.closedCaptions === 'NONE')
  const playlist: MultivariantPlaylist = {
    // Renditions make older players stumble, RFC 8216 §7.
    version: presentation.audio.length > 0 ? 4 : 3,
    independentSegments: true,
    renditions: presentation.audio.map((audio): Rendition => {
      return { type: 'AUDIO', ...audio.role, forced: false, uri: uri(audio) }
    }),
    variants: presentation.variants.map((variant): VariantStream => {
      return { ...variantStream(variant, uri(variant)), ...(hasNoCaptions && { closedCaptions: 'NONE' }) }
    }),
  }
  return writeMultivariantPlaylist(playlist)
}

function variantStream({ source: { role, tracks }, audio }: HlsVariant, uri: string): VariantStream {
  const video = tracks.find((track) => track.kind === 'video')
  const { bandwidth, averageBandwidth } = role
  const probed = [...(video ? [video.codec] : []), ...audioOf(tracks).map(({ codec }) => codec)]
  const codecs = joinCodecs(role.codecs?.split(',').map((codec) => codec.trim()) ?? probed, audio)
  const resolution = role.resolution ?? (video && { width: video.width, height: video.height })
  const rate = video?.frameRate
  const frameRate = role.frameRate ?? (rate && rate.numerator / rate.denominator)
  const group = audio[0]?.role.groupId
  return {
    uri,
    bandwidth,
    ...(averageBandwidth !== undefined && { averageBandwidth }),
    ...(codecs !== '' && { codecs }),
    ...(resolution && { resolution }),
    ...(frameRate !== undefined && { frameRate }),
    ...(group !== undefined && { audio: group }),
  }
}

/** CODECS has to cover the variant's renditions too; what the encoder declared for a kind of codec is not added to. */
function joinCodecs(own: readonly string[], audio: readonly HlsAudio[]): string {
  const kindOf = (codec: string) => codec.split('.', 1)[0]
  const ownKinds = own.map(kindOf)
  const added = audio.flatMap(({ codecs }) => codecs).filter((codec) => !ownKinds.includes(kindOf(codec)))
  return [...new Set([...own, ...added])].join(',')
}

/** The playlist of a stream; where `isHeldBy` says no there is a gap. */
export function mediaPlaylist(
  { settings, window, manifestName, segmentQuery, ended }: HlsManifests,
  name: Omit<SegmentName, 'number'>,
  isHeldBy: (segment: OutputSegment) => boolean,
): string {
  const segments: MediaSegment[] = []
  const interval = settings.programDateTimeIntervalSeconds * 1000
  let previous: OutputSegment | undefined
  let longest = 0
  let hasGaps = false
  for (const segment of window.segments) {
    const duration = listedDuration(segment)
    const gap = !isHeldBy(segment)
    // What the first segment breaks with is no longer listed, and its number is counted in the sequence already.
    const discontinuity = segment.discontinuity && previous !== undefined
    const isDated =
      interval > 0 && (!previous || discontinuity || crosses(interval, previous.startUtc, segment.startUtc))
    segments.push({
      uri: segmentFileName(manifestName, { ...name, number: segment.number }) + segmentQuery,
      duration,
      discontinuity,
      gap,
      ...(isDated && { programDateTime: segment.startUtc }),
    })
    if (duration > longest) longest = duration
    hasGaps ||= gap
    previous = segment
  }

  const playlist: MediaPlaylist = {
    // EXT-X-GAP came with version 8, RFC 8216bis §8.
    version: hasGaps ? 8 : 3,
    targetDuration: Math.max(1, Math.ceil(msFromTicks(ticks(longest)) / 1000)),
    mediaSequence: window.segments[0]?.number ?? 0,
    discontinuitySequence: window.segments[0]?.discontinuitySequence ?? 0,
    independentSegments: false,
    ...(settings.playlistType !== 'NONE' && { playlistType: settings.playlistType }),
    segments,
    ended,
  }
  return writeMediaPlaylist(playlist)
}

/** Whole milliseconds between the rounded ends: the sum of a playlist is right wherever its window begins. */
function listedDuration({ start, duration }: OutputSegment): Ticks {
  return ticks((msFromTicks(ticks(start + duration)) - msFromTicks(start)) * TICKS_PER_MS)
}

/** True when a multiple of `interval` since 1970 lies after `from`, up to and including `to`: the same in any window. */
function crosses(interval: number, from: UtcMs, to: UtcMs): boolean {
  return Math.floor(from / interval) !== Math.floor(to / interval)
}
