import { TICKS_PER_MS, type Ticks, ticks, type UtcMs, utcMs } from '../../media/time.ts'
import type { ManifestFilter } from '../../model/manifest-filter.ts'
import type { Era, SegmentSummary, SummaryWindow } from '../../model/output-segment.ts'
import { type AdBoundary, adBoundaryOf } from '../ads/break-places.ts'
import { rangeOf } from '../cuts.ts'
import { filterTracks } from '../tracks/filtered-tracks.ts'
import { type ImageTrack, listedImages } from '../tracks/images.ts'
import { type TrackSet, trackSetOf } from '../tracks/track-set.ts'
import { hasTrack } from '../tracks/track-times.ts'
import { listsImages, listsTrack } from './profiles.ts'
import type { DashSettings } from './settings.ts'

/**
 * The listed part of a period: output segments of one era with consecutive numbers, throughout which the same tracks
 * have media. `$Number$` cannot skip a segment, so a gap in any stream begins a Period, and its end another. For
 * endpoints that ask for it, the beginning and the end of each ad break do, too.
 */
export type DashPeriod = {
  /** Number of the segment before the period's first; it stays the same while the period slides out of the window. */
  readonly id: number
  readonly era: Era
  /** Beginning of the period, listed or not. */
  readonly begins: Moment
  /** End of the last listed segment, or the beginning of the next Period when that is earlier. */
  readonly endUtc: UtcMs
  readonly segments: readonly SegmentSummary[]
  /** The ad break that begins with it, by its era and number. */
  readonly adBreak?: NonNullable<AdBoundary['opens']>
  readonly tracks: TrackSet
  /** Streams of images of which a listed segment has any. */
  readonly images: readonly ImageTrack[]
}

/** A time on an era's timeline and the same moment on the era's clock, in whole milliseconds. */
export type Moment = { readonly time: Ticks; readonly utc: UtcMs }

/** The Periods of a window, oldest first; none where the endpoint's settings, or a filter, leave nothing. */
export function periodsOf(
  window: SummaryWindow,
  settings: DashSettings,
  filter?: ManifestFilter,
): readonly DashPeriod[] {
  const eras = new Map(window.eras.map((era) => [era.id, era]))
  const periods = inPeriods(window.segments, settings).flatMap(
    (segments) => periodOf(segments, eras, settings, filter) ?? [],
  )
  const single = settings.segmentTemplateFormat === 'NUMBER_WITH_DURATION' || settings.profile === 'HYBRIDCAST'
  const rangeIn = ({ segments }: DashPeriod) => rangeOf(window.ranges, segments[0]!)
  return (single ? periods.slice(-1) : periods).map((period, i, all) => {
    const next = all[i + 1]
    // Ranges have dates in any order.
    const cutsShort = next && next.begins.utc < period.endUtc && rangeIn(next) === rangeIn(period)
    return cutsShort ? { ...period, endUtc: next.begins.utc } : period
  })
}

/** The first output segment of a Period. */
type PeriodStart = Pick<NonNullable<SegmentSummary['period']>, 'number' | 'start'> & Pick<DashPeriod, 'adBreak'>

/** Undefined for segments recorded by earlier versions, which do not state their period. */
export function periodStartOf(segment: SegmentSummary, settings: DashSettings): PeriodStart | undefined {
  const { number, period } = segment
  const boundary = settings.periodTriggers.includes('ADS') ? adBoundaryOf(segment, settings) : undefined
  if (!period || !boundary || number - boundary.ago < period.number) return period
  const { ago, start, opens } = boundary
  return { number: number - ago, start, ...(opens && { adBreak: opens }) }
}

function inPeriods(
  segments: readonly SegmentSummary[],
  settings: DashSettings,
): readonly (readonly SegmentSummary[])[] {
  const runs: SegmentSummary[][] = []
  let newest: number | undefined
  for (const segment of segments) {
    const start = periodStartOf(segment, settings)
    if (start?.number === newest && newest !== undefined) runs.at(-1)?.push(segment)
    else runs.push([segment])
    newest = start?.number
  }
  return runs
}

function periodOf(
  segments: readonly SegmentSummary[],
  eras: ReadonlyMap<number, Era>,
  settings: DashSettings,
  filter: ManifestFilter | undefined,
): DashPeriod | undefined {
  const [first, last] = [segments[0], segments.at(-1)]
  const era = first && eras.get(first.era)
  const begins = first && periodStartOf(first, settings)
  if (!begins || !last || !era) return undefined
  const tracks = filterTracks(tracksOf(era, settings, first), filter)
  if (tracks.video.length + tracks.audio.length + tracks.text.length === 0) return undefined
  return {
    id: begins.number - 1,
    era,
    begins: momentOf(era, begins.start),
    endUtc: momentOf(era, ticks(last.start + last.duration)).utc,
    segments,
    ...(begins.adBreak && { adBreak: begins.adBreak }),
    tracks,
    images: listsImages(settings.profile) ? listedImages({ eras: [era], segments }, filter) : [],
  }
}

/** The tracks that have media in a segment, and therefore in its whole period. */
function tracksOf(era: Era, settings: DashSettings, segment: SegmentSummary): TrackSet {
  const isText = (index: number) => era.streams.find((each) => each.index === index)?.role.kind === 'subtitles'
  const isPresent = (index: number) => isText(index) || segment.slots.some(({ objects }) => objects[index])
  const { video, audio, text } = trackSetOf(era, settings.streamSelection, isPresent)
  return {
    video: video.filter((track) => hasTrack(track, segment) && listsTrack(settings.profile, track)),
    audio: audio.filter((track) => hasTrack(track, segment) && listsTrack(settings.profile, track)),
    text,
  }
}

/** The last whole millisecond at or before `time`, so that nothing that begins then is cut off. */
export function momentOf({ clock }: Era, time: Ticks): Moment {
  const ms = Math.floor((time - clock.time) / TICKS_PER_MS)
  return { time: ticks(clock.time + ms * TICKS_PER_MS), utc: utcMs(clock.utc + ms) }
}
