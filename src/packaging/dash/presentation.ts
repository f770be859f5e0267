import { utcTime, utcTiming } from '../../manifests/dash/descriptors.ts'
import type { Mpd, Period } from '../../manifests/dash/mpd.ts'
import { TICKS_PER_MS, type Ticks, ticks, type UtcMs, utcMs } from '../../media/time.ts'
import type { Presentation } from '../presentation.ts'
import { imagesPerSegment } from '../tracks/images.ts'
import { decodableFrom, type PlacedMoment } from '../tracks/picture-times.ts'
import { adaptationSetsOf } from './adaptation-sets.ts'
import { type ContentProtections, contentProtectionsOf } from './content-protections.ts'
import { eventStreamsOf } from './event-streams.ts'
import { periodSegments } from './period-segments.ts'
import { type DashPeriod, momentOf, periodsOf } from './periods.ts'
import { profilesOf } from './profiles.ts'
import type { DashSettings } from './settings.ts'
import type { DashTemplates } from './templates.ts'

/** The values from which an MPD is written. */
export type DashPresentation = Presentation & {
  readonly settings: DashSettings
  /** Milliseconds by which everything is shown later than by the source's clock. */
  readonly delay: number
}

/** MPD@id of every manifest, as in MediaPackage. */
const MPD_ID = '201'

/** MPD@availabilityStartTime of every channel: a Period's start is its UTC time in seconds since then. */
const AVAILABILITY_START = utcMs(0)

/**
 * The Periods a manifest lists, at least one; 'nothing left' when the filter excludes all of them; undefined when the
 * endpoint's settings leave no video of the window.
 */
export function listedPeriods({ settings, window, filter }: DashPresentation) {
  const all = periodsOf(window, settings)
  if (!all.some(({ tracks }) => tracks.video.length > 0)) return undefined
  const periods = filter ? periodsOf(window, settings, filter) : all
  return periods.length > 0 ? periods : 'nothing left'
}

/** The manifest that lists these Periods, oldest first. */
export function mpdOf(manifest: DashPresentation, periods: readonly DashPeriod[]): Mpd {
  const { settings, ended, window } = manifest
  const { encryption } = manifest.endpoint.packaging
  const protections = contentProtectionsOf(encryption, settings, window, periods)
  const shown = new Map(periods.map((period) => [period.id, periodSegments(period, settings)]))
  const longest = [...shown.values()].reduce((most, each) => Math.max(most, each.longest), 0)
  const written = (period: DashPeriod, start: number) =>
    writtenPeriod(manifest, protections, { period, shown: shown.get(period.id)! }, start)
  const [first, last] = [periods[0]!, periods.at(-1)!]
  const type = ended ? 'static' : 'dynamic'
  const common = {
    id: MPD_ID,
    profiles: profilesOf(settings.profile, type),
    minBufferTime: settings.minBufferTimeSeconds * 1000,
    maxSegmentDuration: Math.ceil(longest / TICKS_PER_MS),
    ...(protections.common.length > 0 && { contentProtections: protections.common }),
  }
  if (ended) {
    let end = 0
    const listed = cutOf(manifest, periods.map(listedFrom)).map((period) => {
      const start = end
      end += durationOf(period)
      return written(period, start)
    })
    return { type: 'static', ...common, mediaPresentationDuration: end, periods: listed }
  }
  const { utcTiming: method, utcTimingUri } = settings
  const { begins } = listedFrom(first)
  return {
    type: 'dynamic',
    ...common,
    publishTime: window.segments.at(-1)!.sealedAt,
    availabilityStartTime: utcMs(AVAILABILITY_START + manifest.delay),
    minimumUpdatePeriod: settings.minUpdatePeriodSeconds * 1000,
    timeShiftBufferDepth: last.endUtc - begins.utc,
    suggestedPresentationDelay: settings.suggestedPresentationDelaySeconds * 1000,
    utcTimings: method === 'NONE' || utcTimingUri === undefined ? [] : [utcTiming(method, utcTimingUri)],
    periods: periods.map((period) => {
      const { duration, ...open } = written(period, period.begins.utc + latenessOf(settings))
      return period === last || duration === undefined ? open : { ...open, duration }
    }),
  }
}

/** Writes a Period; `start` is in milliseconds of the presentation. */
function writtenPeriod(
  manifest: DashPresentation,
  protections: ContentProtections,
  { period, shown }: Pick<DashTemplates, 'period' | 'shown'>,
  start: number,
): Period {
  const { encryption } = manifest.endpoint.packaging
  const { settings, references, segmentQuery, filter } = manifest
  const isCounted = settings.segmentTemplateFormat === 'NUMBER_WITH_DURATION' && !manifest.ended
  const eventStreams = eventStreamsOf(period, manifest.window)
  return {
    id: String(period.id),
    start,
    duration: durationOf(period),
    ...(eventStreams.length > 0 && { eventStreams }),
    adaptationSets: adaptationSetsOf({
      settings,
      period,
      shown,
      startNumber: isCounted ? period.id + 1 : period.segments[0]!.number,
      imagesPerSegment: imagesPerSegment(manifest.window),
      isWhole: manifest.style.kind === 'harvest',
      prefix: references.toSegments + encodeURIComponent(settings.segment.name),
      query: segmentQuery,
      ...(filter && { filter }),
      ...(encryption && { encryption }),
      protectionsOf: protections.of,
    }),
    supplementalProperties: [utcTime(period.begins.utc)],
  }
}

/**
 * The Period as if it began at the first listed segment; where that is cut, exactly with its first picture: players
 * that find no segment at the beginning of a Period look half a second on, and would leave out a shorter one.
 */
function listedFrom(period: DashPeriod): DashPeriod {
  const { start, isCutAtStart } = period.segments[0]!
  const begins = momentOf(period.era, start)
  return { ...period, begins: isCutAtStart ? { ...begins, time: start } : begins }
}

/**
 * The Periods of an asset that shows a part of its window. They end with the picture asked for, and begin with the key
 * frame before the one asked for: players in browsers leave out what lies before the beginning of a Period, also where
 * all that follows cannot be decoded without it.
 */
function cutOf({ cuts }: DashPresentation, periods: readonly DashPeriod[]): readonly DashPeriod[] {
  if (!cuts) return periods.map(untilCut)
  const momentIn = ({ segments }: DashPeriod, moments: readonly (PlacedMoment | undefined)[]) =>
    moments.find((moment) => segments.some(({ number }) => number === moment?.segment.number))
  const [starts, ends] = [cuts.map(({ begins }) => begins), cuts.map(({ ends }) => ends)]
  return periods.map((period) => {
    const [start, end] = [momentIn(period, starts), momentIn(period, ends)]
    return untilCut({
      ...period,
      ...(start && { begins: momentOf(period.era, decodableFrom(start, period.tracks.video)) }),
      ...(end && { endUtc: endAfter(period, end.time) }),
    })
  })
}

/** The Period, which ends no earlier than its last picture where that is cut. */
function untilCut(period: DashPeriod): DashPeriod {
  const last = period.segments.at(-1)!
  return last.isCut ? { ...period, endUtc: endAfter(period, ticks(last.start + last.duration)) } : period
}

/** A picture that ends after its Period is left out, if only by what is lost in rounding. */
function endAfter({ era }: DashPeriod, time: Ticks): UtcMs {
  return utcMs(momentOf(era, time).utc + 1)
}

function durationOf({ begins, endUtc }: DashPeriod): number {
  return endUtc - begins.utc
}

/**
 * Milliseconds by which segments are late for players that count them instead of reading a list: such a player asks
 * for each at its end by the source's clock, while it is still on its way, so the presentation is delayed by one
 * segment.
 */
function latenessOf({ segmentTemplateFormat, segment }: DashSettings): number {
  return segmentTemplateFormat === 'NUMBER_WITH_DURATION' ? segment.durationSeconds * 1000 : 0
}
