import type { Absence, SegmentInEra } from '../../archive/reader.ts'
import { rescale, TICKS_PER_SECOND, ticks } from '../../media/time.ts'
import type { KeyDescription } from '../../model/content-keys.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { Era, SegmentSummary } from '../../model/output-segment.ts'
import type { ContentKeys } from '../content-keys.ts'
import type { SegmentBody, SegmentLookup } from '../output-format.ts'
import { headerProtectionOf, lastingHeaderProtection } from '../segments/header-protection.ts'
import { protectionOf } from '../segments/segment-protection.ts'
import type { SourceMedia } from '../segments/source-media.ts'
import { cuesBefore, type SegmentWithEarlier } from '../segments/text-segment.ts'
import { timedTextHeader, timedTextSegment } from '../segments/timed-text-segment.ts'
import { headerOf, iFramesOf, segmentOf } from '../segments/track-segment.ts'
import { keysRotate } from '../tracks/track-keys.ts'
import { type SingleTrack, trackNumbered } from '../tracks/track-set.ts'
import { hasTrack, intervalOf } from '../tracks/track-times.ts'
import { type DashTrackName, trackKindOf } from './names.ts'
import { type DashSettings, dashSettings } from './settings.ts'
import { spliceMessages } from './splice-messages.ts'
import { templateTimescales } from './timescales.ts'

/** What segments are made with. */
type MadeWith = { readonly media: SourceMedia; readonly keys: Pick<ContentKeys, 'find'> }

/** The track that a file name means, among those the endpoint shows. */
function trackNamed(era: Era, settings: DashSettings, { kind, n }: DashTrackName): SingleTrack | undefined {
  const track = trackNumbered(era, settings.streamSelection, n)
  if (!track || (kind === 'iframe' && !settings.includeIframeOnlyStream)) return undefined
  return trackKindOf(track) === (kind === 'iframe' ? 'video' : kind) ? track : undefined
}

/** The header of a track, or why there is none. */
export async function headerNamed(
  endpoint: OriginEndpoint,
  name: DashTrackName,
  index: SegmentLookup,
  keys: Pick<ContentKeys, 'onRecord'>,
): Promise<SegmentBody | Absence> {
  const era = await index.era(endpoint, name.era)
  if (typeof era === 'string') return era
  const track = trackNamed(era, dashSettings(endpoint), name)
  return track ? headerBody(endpoint, track, (period) => keys.onRecord(endpoint, period)) : 'no such'
}

/** The header of a track for all of its segments in an era, whatever key periods they are of. Throws NoContentKey. */
export async function headerBody(
  { packaging: { encryption } }: OriginEndpoint,
  track: SingleTrack,
  keysOf: (period: number) => Promise<readonly KeyDescription[]>,
): Promise<SegmentBody> {
  if (track.kind === 'text') return timedTextHeader(track)
  if (!encryption) return headerOf(track)
  if (keysRotate(encryption)) return headerOf(track, lastingHeaderProtection(encryption, track))
  return headerOf(track, headerProtectionOf(encryption, track, await keysOf(0)))
}

/** A segment of a track, by its number or its time, or why there is none. */
export async function segmentNamed(
  endpoint: OriginEndpoint,
  { track: name, at }: { readonly track: DashTrackName; readonly at: number },
  index: SegmentLookup,
  made: MadeWith,
): Promise<SegmentBody | Absence> {
  const settings = dashSettings(endpoint)
  const isTime = settings.segmentTemplateFormat === 'TIME_WITH_TIMELINE'
  const found = await (isTime ? segmentAt(endpoint, name, at, index) : index.outputSegment(endpoint, at))
  if (typeof found === 'string') return found
  if (found.era.id !== name.era) return 'no such'
  const { segment, era } = found
  const track = trackNamed(era, settings, name)
  if (!track || !hasTrack(track, segment)) return 'no such'
  const earlier = track.kind === 'text' ? await cuesBefore(endpoint, segment, track.stream, index) : []
  return (await segmentBody({ endpoint, track, kind: name.kind }, { segment, earlier }, made)) ?? 'no such'
}

/** The output segment in which a track's segment has exactly this time. */
async function segmentAt(
  endpoint: OriginEndpoint,
  name: DashTrackName,
  at: number,
  index: SegmentLookup,
): Promise<SegmentInEra | Absence> {
  const settings = dashSettings(endpoint)
  const era = await index.era(endpoint, name.era)
  if (typeof era === 'string') return era
  const track = trackNamed(era, settings, name)
  if (!track) return 'no such'
  const time = rescale(at, templateTimescales(era, settings)(track), TICKS_PER_SECOND)
  const { segments, absence } = await index.outputSegmentsAround(endpoint, { era: era.id, time: ticks(time) })
  const segment = segments.find((each) => timeOf(track, each, era, settings) === at)
  return segment ? { segment, era } : absence
}

/** Throws NoContentKey. */
export async function segmentBody(
  {
    endpoint,
    track,
    kind,
  }: Pick<DashTrackName, 'kind'> & { readonly endpoint: OriginEndpoint; readonly track: SingleTrack },
  { segment, earlier }: SegmentWithEarlier,
  { media, keys }: MadeWith,
): Promise<SegmentBody | undefined> {
  if (track.kind === 'text') return timedTextSegment(track, segment, earlier, media)
  const { encryption } = endpoint.packaging
  const isTold = encryption !== undefined && keysRotate(encryption)
  const protection = await protectionOf(endpoint, { track, segment }, keys, isTold)
  if (kind === 'iframe' && track.kind === 'video') return iFramesOf(track, segment, media, { protection })
  const hasMessages = track.kind === 'video' && dashSettings(endpoint).periodTriggers.includes('ADS')
  return segmentOf(track, segment, media, { protection, ...(hasMessages && { before: spliceMessages(segment) }) })
}

/** The number or time that stands for a segment in its name. */
export function segmentAddress(
  track: SingleTrack,
  segment: SegmentSummary,
  era: Era,
  settings: DashSettings,
): number | undefined {
  return settings.segmentTemplateFormat === 'TIME_WITH_TIMELINE'
    ? timeOf(track, segment, era, settings)
    : segment.number
}

/** Time of a track's segment in units of its segment template, where segments are named by their times. */
function timeOf(track: SingleTrack, segment: SegmentSummary, era: Era, settings: DashSettings): number | undefined {
  return intervalOf({ ...track, timescale: templateTimescales(era, settings)(track) }, segment)?.start
}
