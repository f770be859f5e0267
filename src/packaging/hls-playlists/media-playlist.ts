import { type AdTags, adTagsOf } from '../../manifests/hls/ad-tags.ts'
import { type MediaPlaylist, type MediaSegment, writeMediaPlaylist } from '../../manifests/hls/media-playlist.ts'
import { msBetween, msFromTicks, TICKS_PER_MS, type Ticks, ticks, type UtcMs } from '../../media/time.ts'
import type { HlsManifest } from '../../model/manifest.ts'
import type { SegmentSummary } from '../../model/output-segment.ts'
import { adTagsIn } from '../../model/segment-summary.ts'
import { intervalOfStream, type StreamInterval } from '../../model/stream-interval.ts'
import type { Presentation } from '../presentation.ts'

/** The input from which a media playlist is written. */
export type PlaylistPlan = {
  readonly settings: Pick<HlsManifest, 'adMarkers' | 'playlistType' | 'programDateTimeIntervalSeconds'>
  readonly segments: readonly SegmentSummary[]
  readonly ended: boolean
  /** The lowest EXT-X-VERSION that the segments allow. */
  readonly version: number
  readonly independentSegments: boolean
  readonly iFramesOnly?: boolean
  /** The entry of a segment; undefined where the stream has a gap. */
  readonly list: (segment: SegmentSummary) => ListedAs | undefined
  /** EXT-X-TARGETDURATION in seconds, where the playlist will grow or slide; otherwise its longest segment decides. */
  readonly targetDuration?: number
  /** The source stream the playlist shows. */
  readonly stream: number
  /** When a segment of it is shown, where its track alone tells. */
  readonly intervalIn?: (segment: SegmentSummary) => StreamInterval | undefined
  /** The URI listed for a gap, which is not fetched. */
  readonly gapUri: (segment: SegmentSummary) => string
}

export type ListedAs = Pick<MediaSegment, 'uri' | 'map' | 'byteRange'>

export const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl'

/** EXT-X-GAP needs version 8, RFC 8216bis §8. */
const GAP_VERSION = 8

export function playlistText(plan: PlaylistPlan): string {
  const { settings, ended, independentSegments, iFramesOnly } = plan
  const segments: MediaSegment[] = []
  const interval = settings.programDateTimeIntervalSeconds * 1000
  let previous: StreamInterval | undefined
  let longest = 0
  let hasGaps = false
  for (const segment of plan.segments) {
    const shown = plan.intervalIn?.(segment) ?? intervalOfStream(segment, plan.stream)
    const duration = listedDuration(shown)
    const listed = plan.list(segment)
    // What precedes the first segment is not listed, and its discontinuity is already counted in the sequence number.
    const discontinuity = segment.discontinuity && previous !== undefined
    const markers = markersBefore(segment, plan)
    const isDated =
      (interval > 0 && (!previous || discontinuity || crosses(interval, previous.startUtc, shown.startUtc))) ||
      // EXT-X-DATERANGE needs a date in the playlist, RFC 8216 §4.3.2.7.
      (markers !== undefined && markers.dateRanges.length > 0)
    segments.push({
      ...(listed ?? { uri: plan.gapUri(segment) }),
      duration,
      discontinuity,
      gap: listed === undefined,
      ...(isDated && { programDateTime: shown.startUtc }),
      ...(markers && { markers }),
    })
    if (duration > longest) longest = duration
    hasGaps ||= listed === undefined
    previous = shown
  }
  const playlist: MediaPlaylist = {
    version: hasGaps ? Math.max(GAP_VERSION, plan.version) : plan.version,
    targetDuration: targetDurationFor(ticks(longest), plan),
    mediaSequence: plan.segments[0]?.number ?? 0,
    discontinuitySequence: plan.segments[0]?.discontinuitySequence ?? 0,
    independentSegments,
    ...(iFramesOnly && { iFramesOnly }),
    ...(settings.playlistType !== 'NONE' && { playlistType: settings.playlistType }),
    segments,
    ended,
  }
  return writeMediaPlaylist(playlist)
}

/** The ad tags before a segment: those of all its slots, in all renditions alike. */
function markersBefore(segment: SegmentSummary, { settings, iFramesOnly }: PlaylistPlan): AdTags | undefined {
  if (settings.adMarkers !== 'PASSTHROUGH' || iFramesOnly) return undefined
  const lines = adTagsIn(segment)
  return lines.length > 0 ? adTagsOf(lines) : undefined
}

/** What a playlist of a presentation says of its target duration: of an asset nothing, for it does not grow. */
export function targetDurationIn({ style, window }: Presentation): Pick<PlaylistPlan, 'targetDuration'> {
  const targetDuration = style.kind === 'harvest' ? undefined : window.segments.at(-1)?.targetDuration
  return targetDuration === undefined ? {} : { targetDuration }
}

/** No duration, rounded to whole seconds, may exceed it, RFC 8216 §4.3.3.1. */
function targetDurationFor(longest: Ticks, { targetDuration }: Pick<PlaylistPlan, 'targetDuration'>): number {
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
