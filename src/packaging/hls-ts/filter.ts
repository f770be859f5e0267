import type { ManifestFilter } from '../../model/manifest-filter.ts'
import { filtersAudio, passesAudio, passesText, passesVideo } from '../tracks/filtered-tracks.ts'
import { muxedRenditions } from '../tracks/muxed-audio.ts'
import { hasVideo } from '../tracks/stream-selection.ts'
import { audioOf } from '../tracks/track-set.ts'
import type { HlsRendition, HlsStream, HlsStreamSet, HlsVariant } from './stream-set.ts'

/**
 * Applies a filter to the streams. Audio that is muxed with video cannot be removed alone, so such a variant stays
 * when any of its audio does, or any rendition of its group, which is played instead.
 */
export function filterStreams(streams: HlsStreamSet, filter: ManifestFilter): HlsStreamSet {
  const audio = withDefaults(
    streams.audio.filter((rendition) => hasAudioLeft(rendition, filter, rendition.role.language)),
  )
  const left = new Set(audio.map(({ n, p }) => `${n}/${p}`))
  return {
    variants: streams.variants
      .map((variant) => ({ ...variant, audio: variant.audio.filter(({ n, p }) => left.has(`${n}/${p}`)) }))
      .filter((variant) => isLeft(variant, filter)),
    audio,
    subtitles: streams.subtitles.filter(({ role }) => passesText(filter, role.language)),
  }
}

function isLeft(variant: HlsVariant, filter: ManifestFilter): boolean {
  const { source } = variant
  const isSound = !hasVideo(source) && audioOf(source).length > 0
  const video = source.tracks.find((track) => track.kind === 'video')
  if (!isSound && !passesVideo(filter, source.role, video)) return false
  return carriedAudio(variant).length === 0 || variant.audio.length > 0 || hasAudioLeft(variant, filter)
}

function hasAudioLeft(stream: HlsStream, filter: ManifestFilter, declaredLanguage?: string): boolean {
  if (!filtersAudio(filter)) return true
  const { tracks, bitrates = [], role } = stream.source
  const renditions = role.kind === 'variant' ? muxedRenditions(audioOf(stream.source), role.muxedAudio) : undefined
  return carriedAudio(stream).some((description) => {
    const language = declaredLanguage ?? renditions?.get(description)?.language ?? description.language
    return passesAudio(filter, { description, language, bitrate: bitrates[tracks.indexOf(description)] ?? 0 })
  })
}

function carriedAudio({ source, pids }: HlsStream) {
  return audioOf(source).filter(({ pid }) => !pids || pids.includes(pid))
}

/** Gives each group that had a default one again. */
function withDefaults(renditions: readonly HlsRendition[]): readonly HlsRendition[] {
  const withDefault = new Set(renditions.filter(({ role }) => role.isDefault).map(({ role }) => role.groupId))
  return renditions.map((rendition) => {
    const { role } = rendition
    if (withDefault.has(role.groupId)) return rendition
    withDefault.add(role.groupId)
    return { ...rendition, role: { ...role, isDefault: true, autoselect: true } }
  })
}
