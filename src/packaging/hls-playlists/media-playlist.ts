import { type AdTags, adTagsOf } from '../../manifests/hls/ad-tags.ts'
import { keyLine, versionOfKey, type WrittenKey } from '../../manifests/hls/keys.ts'
import { type MediaSegment, playlistOfLines, SegmentLines } from '../../manifests/hls/media-playlist.ts'
import { msBetween, msFromTicks, TICKS_PER_MS, type Ticks, ticks, type UtcMs } from '../../media/time.ts'
import type { HlsManifest } from '../../model/manifest.ts'
import type { SegmentSummary } from '../../model/output-segment.ts'
import { adTagsIn } from '../../model/segment-summary.ts'
import { intervalOfStream, type StreamInterval } from '../../model/stream-interval.ts'
import { hlsMarkers } from '../ads/hls-markers.ts'
import type { EventsWindow } from '../ads/shown-events.ts'
import type { Presentation } from '../presentation.ts'
import type { PlaylistKeys } from './key-tags.ts'

/** What all playlists are written from. */
export type PlaylistHeader = {
  readonly settings: Pick<
    HlsManifest,
    'adMarkers' | 'adTriggers' | 'adsOnDeliveryRestrictions' | 'playlistType' | 'programDateTimeIntervalSeconds'
  >
  readonly window: EventsWindow
  readonly ended: boolean
  /** The lowest EXT-X-VERSION that the segments allow. */
  readonly version: number
  readonly independentSegments: boolean
  readonly iFramesOnly?: boolean
  readonly imagesOnly?: boolean
  /** EXT-X-TARGETDURATION in seconds, where the playlist will grow or slide; otherwise its longest segment decides. */
  readonly targetDuration?: number
  /** The keys of its segments; absent where all are in the clear. */
  readonly keys?: PlaylistKeys | undefined
}

/** The input from which a media playlist is written that lists each output segment once. */
export type PlaylistPlan = PlaylistHeader & {
  /** The entry of a segment; undefined where the stream has a gap. */
  readonly list: (segment: SegmentSummary) => ListedAs | undefined
  /** The source stream the playlist shows. */
  readonly stream: number
  /** When a segment of it is shown, where its track alone tells. */
  readonly intervalIn?: (segment: SegmentSummary) => StreamInterval | undefined
  /** The URI listed for a gap, which is not fetched. */
  readonly gapUri: (segment: SegmentSummary) => string
}

/** What a playlist lists of an output segment, or of a part of it. */
export type PlaylistEntry = {
  /** Its media sequence number. */
  readonly number: number
  readonly segment: SegmentSummary
  /** True for the first entry of the segment. */
  readonly isFirst: boolean
  readonly shown: StreamInterval
  /** Undefined where the stream has a gap. */
  readonly listed: ListedAs | undefined
  /** The URI listed for a gap. */
  readonly gapUri: () => string
}

export type ListedAs = Pick<MediaSegment, 'uri' | 'map' | 'byteRange'>

export const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl'

/** EXT-X-GAP needs version 8, RFC 8216bis §8. */
const GAP_VERSION = 8

export function playlistText(plan: PlaylistPlan): string {
  return writePlaylist(plan, entriesOf(plan))
}

function* entriesOf(plan: PlaylistPlan): Generator<PlaylistEntry> {
  for (const segment of plan.window.segments) {
    yield {
      number: segment.number,
      segment,
      isFirst: true,
      shown: plan.intervalIn?.(segment) ?? intervalOfStream(segment, plan.stream),
      listed: plan.list(segment),
      gapUri: () => plan.gapUri(segment),
    }
  }
}

/** Writes a playlist of these entries, in their order. */
export function writePlaylist(plan: PlaylistHeader, entries: Iterable<PlaylistEntry>): string {
  const { settings, ended, independentSegments, iFramesOnly, imagesOnly } = plan
  const lines = new SegmentLines()
  let first: PlaylistEntry | undefined
  const markersBefore = adMarkersOf(plan)
  const keysBefore = keysOf(plan.keys)
  let version = plan.version
  const interval = settings.programDateTimeIntervalSeconds * 1000
  let previous: StreamInterval | undefined
  let longest = 0
  let hasGaps = false
  let listedBefore = 0
  for (const entry of entries) {
    const { segment, shown, listed } = entry
    first ??= entry
    const duration = listedDuration(shown)
    // What precedes the first segment is not listed, and its discontinuity is already counted in the sequence number.
    const discontinuity = segment.discontinuity && entry.isFirst && previous !== undefined
    const markers = entry.isFirst ? markersBefore(segment) : undefined
    const isDated =
      (interval > 0 && (!previous || discontinuity || crosses(interval, previous.startUtc, shown.startUtc))) ||
      // EXT-X-DATERANGE needs a date in the playlist, RFC 8216 §4.3.2.7.
      (markers !== undefined && markers.dateRanges.length > 0)
    const keys = listed && keysBefore(segment, first.number + listedBefore)
    if (keys) version = Math.max(version, ...keys.map(versionOfKey))
    lines.add({
      ...(listed ?? { uri: entry.gapUri() }),
      duration,
      discontinuity,
      gap: listed === undefined,
      ...(keys && { keys }),
      ...(isDated && { programDateTime: shown.startUtc }),
      ...(markers && { markers }),
    })
    listedBefore++
    if (duration > longest) longest = duration
    hasGaps ||= listed === undefined
    previous = shown
  }
  const header = {
    version: hasGaps ? Math.max(GAP_VERSION, version) : version,
    targetDuration: targetDurationFor(ticks(longest), plan),
    mediaSequence: first?.number ?? 0,
    discontinuitySequence: first?.segment.discontinuitySequence ?? 0,
    independentSegments,
    ...(iFramesOnly && { iFramesOnly }),
    ...(imagesOnly && { imagesOnly }),
    ...(settings.playlistType !== 'NONE' && { playlistType: settings.playlistType }),
    ended,
  }
  return playlistOfLines(header, lines)
}

/** The ad tags before each segment, in all renditions alike, and in no playlist of trick play. */
function adMarkersOf(plan: PlaylistHeader): (segment: SegmentSummary) => AdTags | undefined {
  const { settings, window, iFramesOnly, imagesOnly } = plan
  if (settings.adMarkers === 'NONE' || iFramesOnly || imagesOnly) return () => undefined
  if (settings.adMarkers === 'PASSTHROUGH') {
    return (segment) => {
      const lines = adTagsIn(segment)
      return lines.length > 0 ? adTagsOf(lines) : undefined
    }
  }
  const markers = hlsMarkers(settings, window)
  return (segment) => markers.get(segment)
}

/** The tags in front of listed segments, each given with its media sequence number. A gap has none of its own. */
function keysOf(keys: PlaylistKeys | undefined) {
  let current: readonly WrittenKey[] | undefined
  return (segment: SegmentSummary, sequence: number): readonly WrittenKey[] | undefined => {
    const tags = keys?.tagsOf(segment, sequence)
    if (!keys || !tags) return undefined
    const isCurrent = current !== undefined && (current === tags || linesOf(current) === linesOf(tags))
    current = tags
    return isCurrent && !keys.areRepeated ? undefined : tags
  }
}

function linesOf(tags: readonly WrittenKey[]): string {
  return tags.map((tag) => keyLine('EXT-X-KEY', tag)).join('\n')
}

/** What a playlist of a presentation says of its target duration: of an asset nothing, for it does not grow. */
export function targetDurationIn({ style, window }: Presentation): Pick<PlaylistHeader, 'targetDuration'> {
  const targetDuration = style.kind === 'harvest' ? undefined : window.segments.at(-1)?.targetDuration
  return targetDuration === undefined ? {} : { targetDuration }
}

/** No duration, rounded to whole seconds, may exceed it, RFC 8216 §4.3.3.1. */
function targetDurationFor(longest: Ticks, { targetDuration }: Pick<PlaylistHeader, 'targetDuration'>): number {
  const seconds = msFromTicks(longest) / 1000
  if (targetDuration !== undefined && Math.round(seconds) <= targetDuration) return targetDuration
  return Math.max(1, Math.ceil(seconds))
}

/** Whole milliseconds between the rounded ends, so that sums are right wherever the window begins. */
function listedDuration({ start, duration }: StreamInterval): Ticks {
  return ticks(msBetween(start, ticks(start + duration)) * TICKS_PER_MS)
}

/**
 * True when a multiple of `interval` since 1970 lies after `from`, up to and including `to`, which does not depend on
 * the window.
 */
function crosses(interval: number, from: UtcMs, to: UtcMs): boolean {
  return Math.floor(from / interval) !== Math.floor(to / interval)
}
