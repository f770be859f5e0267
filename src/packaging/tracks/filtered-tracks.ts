import type { AudioDescription, VideoDescription } from '../../media/track.ts'
import type { FilterRange, ManifestFilter } from '../../model/manifest-filter.ts'
import type { VariantRole } from './stream-selection.ts'
import { familyOf, type SingleAudio, type TrackSet } from './track-set.ts'
import { videoRangeOf } from './video-range.ts'

/** The properties of audio that a filter may select by. */
export type FilteredAudio = {
  readonly description: AudioDescription
  readonly language: string | undefined
  /** Bit rate in bits per second. */
  readonly bitrate: number
}

/** True when a video track passes. Its bitrate is the variant's BANDWIDTH, by which streams are selected too. */
export function passesVideo(
  filter: ManifestFilter,
  { bandwidth, frameRate: declaredRate, resolution }: VariantRole,
  description: VideoDescription | undefined,
): boolean {
  const { frameRate } = description ?? {}
  const rate = declaredRate ?? (frameRate && frameRate.numerator / frameRate.denominator)
  return (
    isWithin(filter.videoBitrate, bandwidth) &&
    isListed(filter.videoCodec, description && VIDEO_CODECS[familyOf(description.codec)]) &&
    isListed(filter.videoDynamicRange, description && DYNAMIC_RANGES[videoRangeOf(description)]) &&
    isWithin(filter.videoFramerate, rate && Math.round(rate * 1000) / 1000) &&
    isWithin(filter.videoHeight, description?.height ?? resolution?.height)
  )
}

export function passesAudio(filter: ManifestFilter, { description, language, bitrate }: FilteredAudio): boolean {
  return (
    isWithin(filter.audioBitrate, bitrate) &&
    isWithin(filter.audioChannels, description.channels) &&
    isListed(filter.audioCodec, AUDIO_CODECS[description.codec]) &&
    isListed(filter.audioLanguage, language) &&
    isWithin(filter.audioSampleRate, soundRate(description))
  )
}

/** True when a filter has any rule about audio. */
export function filtersAudio(filter: ManifestFilter): boolean {
  const { audioBitrate, audioChannels, audioCodec, audioLanguage, audioSampleRate } = filter
  return [audioBitrate, audioChannels, audioCodec, audioLanguage, audioSampleRate].some((rule) => rule !== undefined)
}

export function passesText({ subtitleLanguage }: ManifestFilter, language: string | undefined): boolean {
  return isListed(subtitleLanguage, language)
}

/**
 * True when trick play by key frames or by images passes, given the height of its pictures. The type `none` excludes
 * every kind of trick play.
 */
export function passesTrickPlay(
  { trickplayHeight, trickplayType }: ManifestFilter = {},
  height: number,
  kind: 'iframe' | 'image' = 'iframe',
): boolean {
  return isWithin(trickplayHeight, height) && isListed(trickplayType, kind)
}

/** Applies a filter to an endpoint's tracks, whose order stays. */
export function filterTracks(tracks: TrackSet, filter: ManifestFilter | undefined): TrackSet {
  if (!filter) return tracks
  const audio = tracks.audio.filter(({ description, language, bandwidth }) =>
    passesAudio(filter, { description, language, bitrate: bandwidth }),
  )
  return {
    video: tracks.video.filter(({ role, description }) => passesVideo(filter, role, description)),
    audio: withDefaults(audio),
    text: tracks.text.filter(({ language }) => passesText(filter, language)),
  }
}

/**
 * Ensures that one track is the default, and that each language has one that is selected automatically: the first,
 * when the filter has removed the original one.
 */
function withDefaults(tracks: readonly SingleAudio[]): readonly SingleAudio[] {
  const hasDefault = tracks.some(({ isDefault }) => isDefault)
  const choice = ({ description, language }: SingleAudio) => `${familyOf(description.codec)}/${language ?? ''}`
  const chosen = new Set(tracks.filter(({ autoselect }) => autoselect).map(choice))
  return tracks.map((track, i) => {
    const autoselect = track.autoselect || !chosen.has(choice(track))
    chosen.add(choice(track))
    return { ...track, isDefault: hasDefault ? track.isDefault : i === 0, autoselect }
  })
}

const VIDEO_CODECS: Readonly<Record<string, string>> = { avc1: 'h264', hvc1: 'h265' }
const DYNAMIC_RANGES = { PQ: 'hdr10', HLG: 'hlg', SDR: 'sdr' } as const
const AUDIO_CODECS: Readonly<Record<string, string>> = {
  'mp4a.40.2': 'aacl',
  'mp4a.40.5': 'aach',
  'mp4a.40.29': 'aach',
  'ac-3': 'ac-3',
  'ec-3': 'ec-3',
}

/** Sample rate of the decoded audio in Hz: SBR doubles the rate of the core. */
export function soundRate({ codec, sampleRate }: AudioDescription): number {
  return codec === 'mp4a.40.5' || codec === 'mp4a.40.29' ? 2 * sampleRate : sampleRate
}

function isWithin(range: FilterRange | undefined, value: number | undefined): boolean {
  return !range || (value !== undefined && value >= range.min && value <= range.max)
}

function isListed(values: readonly string[] | undefined, value: string | undefined): boolean {
  return !values || (value !== undefined && values.includes(value.toLowerCase()))
}
