import type { AudioDescription } from '../../media/track.ts'
import type { MuxedAudio } from '../../model/stream-role.ts'
import { channelsAttribute } from '../hls-playlists/parent-playlist.ts'
import { isSameLanguage, muxedRenditions } from '../tracks/muxed-audio.ts'
import { hasVideo, type SourceVariant } from '../tracks/stream-selection.ts'
import { audioOf, freeName } from '../tracks/track-set.ts'
import type { HlsRendition } from './stream-set.ts'

/** The group of audio split from the variants when the source has no groups. */
export const SPLIT_GROUP = 'audio'

type AudioPart = HlsRendition & {
  readonly track: AudioDescription
  /** Its rendition in the encoder's playlist, if it is declared there. */
  readonly listed?: MuxedAudio
}

/** The audio tracks of a variant, each by itself; the parent playlist names and ranks them anew. */
export function audioParts(source: SourceVariant): readonly AudioPart[] {
  if (!hasVideo(source)) return []
  const renditions = muxedRenditions(audioOf(source), source.role.muxedAudio)
  return audioOf(source).map((track, p) => {
    const listed = renditions.get(track)
    return {
      n: source.index,
      p,
      source,
      pids: [track.pid],
      track,
      ...(listed && { listed }),
      codecs: [track.codec],
      role: { groupId: SPLIT_GROUP, name: '', isDefault: false, autoselect: false },
    }
  })
}

/**
 * The declared renditions of the audio that stays in the variants, each once per group, with names that differ from
 * each other's and those of `apart`, the source's renditions with a URI.
 */
export function muxedAudio(
  variants: readonly SourceVariant[],
  apart: readonly HlsRendition[],
): readonly HlsRendition[] {
  const found = new Map<string, HlsRendition>()
  const names = Map.groupBy(apart, ({ role }) => role.groupId)
  const taken = new Map(Array.from(names, ([groupId, those]) => [groupId, new Set(those.map(({ role }) => role.name))]))
  for (const source of variants) {
    const { audioGroup: groupId = '', muxedAudio } = source.role
    for (const [track, listed] of muxedRenditions(audioOf(source), muxedAudio)) {
      const identity = JSON.stringify([groupId, listed.name, listed.language])
      if (found.has(identity)) continue
      const inGroup = taken.get(groupId) ?? new Set()
      taken.set(groupId, inGroup)
      const name = freeName(listed.name, inGroup)
      const role = { groupId, channels: channelsAttribute(track), ...listed, name }
      const p = audioOf(source).indexOf(track)
      found.set(identity, { n: source.index, p, source, pids: [track.pid], isMuxed: true, role, codecs: [track.codec] })
    }
  }
  return [...found.values()]
}

/**
 * The audio split from the variants: each distinct audio once, from the variant with the lowest bandwidth that carries
 * it, declared renditions first, then in the order of that variant's tracks. `apart` are the source's renditions with a
 * URI; if there are any, the audio joins its variants' groups, otherwise all of it forms one group.
 */
export function splitAudio(
  variants: readonly SourceVariant[],
  apart: readonly HlsRendition[] | undefined,
): readonly HlsRendition[] {
  const parts = variants.toSorted((a, b) => a.role.bandwidth - b.role.bandwidth).flatMap(audioParts)
  const groups = Map.groupBy(
    [...parts.filter(({ listed }) => listed), ...parts.filter(({ listed }) => !listed)],
    ({ source }) => groupOf(source, apart !== undefined),
  )
  return [...groups].flatMap(([groupId, members]) => {
    return splitGroup(
      groupId,
      members,
      apart?.filter(({ role }) => role.groupId === groupId),
    )
  })
}

function groupOf({ role }: HlsRendition['source'], hasGroups: boolean): string {
  return (hasGroups && role.kind === 'variant' && role.audioGroup) || SPLIT_GROUP
}

function splitGroup(
  groupId: string,
  parts: readonly AudioPart[],
  apart: readonly HlsRendition[] | undefined,
): readonly HlsRendition[] {
  const kept: AudioPart[] = []
  for (const part of parts) if (!kept.some((other) => isSame(other, part))) kept.push(part)
  const names = new Set(apart?.map(({ role }) => role.name))
  const languages = new Set<string>()
  const listedDefault = kept.findIndex(({ listed }) => listed?.isDefault)
  const defaultAt = apart ? listedDefault : Math.max(listedDefault, 0)
  return kept.map(({ track, listed, ...part }, i) => {
    const language = languageOf({ track, listed })
    // Players choose by language; a second rendition in one language is for people to choose.
    const autoselect = listed?.autoselect !== false && !languages.has(language ?? '')
    languages.add(language ?? '')
    const role = {
      channels: channelsAttribute(track),
      ...listed,
      groupId,
      name: freeName(listed?.name ?? language ?? 'audio', names),
      isDefault: i === defaultAt,
      autoselect,
      ...(language !== undefined && { language }),
    }
    return { ...part, role }
  })
}

function languageOf({ track, listed }: { track: AudioDescription; listed?: MuxedAudio | undefined }) {
  return listed?.language ?? (track.language === 'und' ? undefined : track.language)
}

function isSame(a: AudioPart, b: AudioPart): boolean {
  const { codec, channels, sampleRate } = a.track
  if (codec !== b.track.codec || channels !== b.track.channels || sampleRate !== b.track.sampleRate) return false
  const [language, other] = [languageOf(a), languageOf(b)]
  if (a.listed && b.listed) return language === other && a.listed.name === b.listed.name
  if (!a.listed) return language === other
  // A variant that declares its audio and one that does not.
  return other === undefined || isSameLanguage(language, other)
}
