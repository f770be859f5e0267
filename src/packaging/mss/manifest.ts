import { type StreamIndex, writeSmoothManifest } from '../../manifests/mss.ts'
import { type FragmentInterval, SMOOTH_TIMESCALE } from '../../media/mp4/smooth.ts'
import type { ManifestFilter } from '../../model/manifest-filter.ts'
import type { Era, SegmentSummary } from '../../model/output-segment.ts'
import type { Presentation } from '../presentation.ts'
import { filterTracks } from '../tracks/filtered-tracks.ts'
import { type SingleTrack, trackSetOf } from '../tracks/track-set.ts'
import { hasTrack } from '../tracks/track-times.ts'
import { fragmentTemplate, type MssStreamName } from './names.ts'
import { protectionIn } from './protection.ts'
import { qualityLevelOf } from './quality.ts'
import type { MssSettings } from './settings.ts'
import { utcOf } from './timeline.ts'
import { firstInterval, isSameDecoding, levelOf, type MssLevel, timingTracks, trackOf, videoLevels } from './tracks.ts'

/** A window as an MSS endpoint shows it. */
export type MssPresentation = Presentation & {
  readonly settings: MssSettings
  /** The event number in the paths of fragments. */
  readonly event: number
  /** Folder of the fragments, relative to the manifest. */
  readonly toFragments: string
  /** True for a window that does not slide with the live edge. */
  readonly isShifted: boolean
}

/**
 * Number of later fragments that each fragment announces: players learn from them how a live presentation continues.
 */
export const LOOK_AHEAD = 2

/** Output segments after which the next fragments of a paused track are no longer waited for. */
const SURELY_KNOWN = 8

/** Number of newest segments that decide which renditions are present. */
const RECENT_SEGMENTS = 5

/** A stream of the manifest with all that is listed of it. */
export type ListedMssStream = {
  readonly name: MssStreamName
  readonly levels: readonly MssLevel[]
  readonly chunks: readonly ListedChunk[]
  /** True when part of the window is left out until more is known. */
  readonly isHeldBack: boolean
}

export type ListedChunk = {
  readonly era: Era
  readonly segment: SegmentSummary
  readonly interval: FragmentInterval
  /** Tracks of each level. */
  readonly tracks: readonly SingleTrack[]
}

/**
 * The streams of a presentation: the tracks of its newest era with a fragment to list, and the fragments that all
 * levels of a stream have, including those of older eras while their tracks decode alike. A live stream ends at the
 * last fragment after which two more are known.
 */
export function listedMssStreams(
  presentation: MssPresentation,
): readonly ListedMssStream[] | 'nothing left' | undefined {
  const { window, filter } = presentation
  for (const era of window.eras.toReversed()) {
    const streams = streamsOf(presentation, era)
    const video = streams.find(({ name }) => name.kind === 'video')
    // Fragments of older eras alone may end before what the era before this one lists.
    if (video?.chunks.some((chunk) => chunk.era.id === era.id)) {
      const left = filter ? streamsOf(presentation, era, filter) : streams
      const listed = left.filter(({ chunks }) => chunks.length > 0)
      return listed.length === 0 ? 'nothing left' : listed
    }
  }
  return undefined
}

function streamsOf(presentation: MssPresentation, era: Era, filter?: ManifestFilter): readonly ListedMssStream[] {
  const { settings, window, ended } = presentation
  const own = window.segments.filter((segment) => segment.era === era.id)
  const recent = ended ? own : own.slice(-RECENT_SEGMENTS)
  const isPresent = (index: number) =>
    recent.some(({ slots }) => slots.some(({ objects }) => objects[index] !== undefined))
  const { video, audio, text } = filterTracks(trackSetOf(era, settings.streamSelection, isPresent), filter)
  const isLeft = ({ track }: MssLevel) => video.some(({ n }) => n === track.n)
  // Players start with the stream that comes first.
  const byDefault = [...audio, ...text].toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault))
  const named: (readonly [MssStreamName, readonly MssLevel[]])[] = [
    [{ kind: 'video' }, videoLevels(era, settings.streamSelection, isPresent).filter(isLeft)],
    ...byDefault.map((track) => [{ kind: track.kind, n: track.n }, [levelOf(track)]] as const),
  ]
  return named
    .filter(([, levels]) => levels.length > 0)
    .map(([name, levels]) => {
      const chunks = chunksOf(presentation, name, levels)
      const heldBack = window.ended ? 0 : Math.max(0, LOOK_AHEAD - knownAfter(presentation, name, levels))
      return { name, levels, chunks: chunks.slice(0, chunks.length - heldBack), isHeldBack: heldBack > 0 }
    })
}

/**
 * Number of fragments known to follow the window. A segment that begins another era counts as one, though it may not
 * continue the track.
 */
function knownAfter(presentation: MssPresentation, name: MssStreamName, levels: readonly MssLevel[]): number {
  const { window } = presentation
  const { following = [] } = window
  const known = new Set(window.eras.map(({ id }) => id))
  const elsewhere = following.filter(({ era }) => !known.has(era)).length
  const chunks = chunksOf({ ...presentation, window: { ...window, segments: following } }, name, levels)
  return following.length >= SURELY_KNOWN ? LOOK_AHEAD : elsewhere + chunks.length
}

/** The fragments of a window that a stream lists: those that all its levels have. */
export function chunksOf(
  { settings, window }: MssPresentation,
  name: MssStreamName,
  levels: readonly MssLevel[],
): readonly ListedChunk[] {
  const eras = new Map(
    window.eras.map((era) => {
      const tracks = levels.map(({ track, bitrate }) => {
        const found = trackOf(era, settings.streamSelection, name, bitrate)
        return found && isSameDecoding(found, track) ? found : undefined
      })
      return [era.id, { era, tracks, timing: timingTracks(era, settings.streamSelection, name) }]
    }),
  )
  return window.segments.flatMap((segment): readonly ListedChunk[] => {
    const found = eras.get(segment.era)
    if (!found) return []
    const tracks = found.tracks.flatMap((track) => (track && hasTrack(track, segment) ? [track] : []))
    const interval = tracks.length === levels.length && firstInterval(found.era, found.timing, segment)
    return interval ? [{ era: found.era, segment, interval, tracks }] : []
  })
}

/**
 * Writes the manifest.
 * @returns its text, and the sequence number of its newest fragment
 */
export function mssManifest(
  presentation: MssPresentation,
  streams: readonly ListedMssStream[],
): { readonly text: string; readonly newest: number } {
  const { settings, event, toFragments, isShifted, ended } = presentation
  const { chunks } = streams.find(({ name }) => name.kind === 'video') ?? streams[0]!
  const [first, last] = [chunks[0]!.interval, chunks.at(-1)!.interval]
  const isWhole = ended && !streams.some(({ isHeldBack }) => isHeldBack)
  // A length of 0 makes a window that does not slide, MS-SSTR §2.2.2.1.
  const dvrWindow = isShifted ? 0 : settings.windowSeconds * SMOOTH_TIMESCALE
  const text = writeSmoothManifest({
    ...(!isWhole && { live: { dvrWindow, lookAhead: LOOK_AHEAD } }),
    duration: isWhole ? last.time + last.duration - first.time : 0,
    customAttributes: [{ name: 'ProducerReferenceTime', value: new Date(utcOf(first.time)).toISOString() }],
    ...protectionIn(presentation),
    streams: streams.map((stream) => streamIndex(stream, fragmentTemplate(toFragments, event, stream.name))),
  })
  return { text, newest: last.time }
}

function streamIndex({ name, levels, chunks }: ListedMssStream, url: string): StreamIndex {
  return {
    type: name.kind,
    ...labels(levels[0]!.track),
    url,
    qualityLevels: levels.map(qualityLevelOf),
    chunks: chunks.map(({ interval }) => interval),
  }
}

/**
 * Name, language and subtype of a track; subtypes as in ETSI TS 103 285 §7.1.2: audio description, captions,
 * subtitles.
 */
function labels(track: SingleTrack): Pick<StreamIndex, 'name' | 'language' | 'subtype'> {
  if (track.kind === 'video') return { name: 'video', subtype: '' }
  const { kind, language, characteristics = '', n } = track
  const isText = kind === 'text'
  const subtype = isText
    ? characteristics.includes('public.accessibility.describes-music-and-sound')
      ? 'CAPT'
      : 'SUBT'
    : characteristics.includes('public.accessibility.describes-video')
      ? 'DESC'
      : ''
  return {
    name: `${language ?? (isText ? 'subtitles' : 'audio')}_${n}`,
    ...(language !== undefined && { language }),
    subtype,
  }
}
