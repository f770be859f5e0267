import { type AdTagLine, type AdTags, adTagLine } from '../../manifests/hls/ad-tags.ts'
import { isoDateTime, msBetween, TICKS_PER_SECOND, type Ticks, ticks, utcMs } from '../../media/time.ts'
import type { AdEvent } from '../../model/ad-events/ad-event.ts'
import type { HlsManifest } from '../../model/manifest.ts'
import type { SegmentSummary } from '../../model/output-segment.ts'
import { isAdBreak } from './qualifying.ts'
import {
  type EndedEvent,
  type EventsAtSegment,
  type EventsWindow,
  type ShownEvent,
  shownEvents,
} from './shown-events.ts'

type Settings = Pick<HlsManifest, 'adMarkers' | 'adTriggers' | 'adsOnDeliveryRestrictions'>

/**
 * The ad tags before each segment of a playlist that are made from SCTE-35 messages, for the markers SCTE35_ENHANCED
 * and DATERANGE. What a segment has does not depend on where the window begins, but for the first: it tells again of
 * what has begun before.
 */
export function hlsMarkers(settings: Settings, window: EventsWindow): ReadonlyMap<SegmentSummary, AdTags> {
  const markers = new Map<SegmentSummary, AdTags>()
  const { adMarkers, adTriggers } = settings
  if ((adMarkers !== 'SCTE35_ENHANCED' && adMarkers !== 'DATERANGE') || adTriggers.length === 0) return markers
  const isAd = (event: AdEvent) => isAdBreak(event, settings)
  for (const [segment, events] of shownEvents(window)) {
    const tags =
      adMarkers === 'DATERANGE'
        ? { dateRanges: lines(dateRanges(events, isAd)), cues: [] }
        : { dateRanges: [], cues: lines(cues(segment, events, isAd)) }
    if (tags.dateRanges.length > 0 || tags.cues.length > 0) markers.set(segment, tags)
  }
  return markers
}

function lines(all: readonly string[]): readonly AdTagLine[] {
  return all.flatMap((line) => adTagLine(line) ?? [])
}

/**
 * The cues of one break at a time: of several events that are breaks, the one that began first has them, and when it
 * is over, the next.
 */
function cues(
  { start }: SegmentSummary,
  { begins, ends, goesOn }: EventsAtSegment,
  isAd: (event: AdEvent) => boolean,
): string[] {
  const [begun, [going]] = [begins.filter(isAd), goesOn.filter(isAd)]
  const isIn = !going && ends.some(({ event }) => isAd(event))
  return [
    ...(isIn ? ['#EXT-X-CUE-IN'] : []),
    ...(going ? [continuation(going, start)] : []),
    ...begun.flatMap((event, i) => {
      const message = `#EXT-OATCLS-SCTE35:${base64(event.opener)}`
      return going || i > 0 ? message : [message, ...out(event)]
    }),
  ]
}

function out({ upid, plannedDuration }: AdEvent): string[] {
  const asset = upid ? [`#EXT-X-ASSET:CAID=0x${upid.hex.toUpperCase()}`] : []
  return [...asset, `#EXT-X-CUE-OUT${plannedDuration === undefined ? '' : `:${seconds(plannedDuration)}`}`]
}

function continuation({ start, plannedDuration, opener }: AdEvent, at: Ticks): string {
  const elapsed = `ElapsedTime=${seconds(Math.max(at - start, 0))}`
  const duration = plannedDuration === undefined ? [] : [`Duration=${seconds(plannedDuration)}`]
  return `#EXT-X-CUE-OUT-CONT:${[elapsed, ...duration, `SCTE35=${base64(opener)}`].join()}`
}

/**
 * EXT-X-DATERANGE, RFC 8216 §4.3.2.7: a tag where an event begins, and another with the same ID where it ends. Where it
 * is cut, it has not ended: two tags with one ID cannot have different ends.
 */
function dateRanges({ begins, ends, newlyTold }: EventsAtSegment, isAd: (event: AdEvent) => boolean): string[] {
  const opening = (event: ShownEvent) => {
    const { plannedDuration, opener } = event
    const duration = plannedDuration === undefined ? [] : [`PLANNED-DURATION=${seconds(plannedDuration)}`]
    return dateRange(event, [...duration, `SCTE35-${isAd(event) ? 'OUT' : 'CMD'}=${hex(opener)}`])
  }
  const closing = ({ event, closer, ...ended }: EndedEvent) => {
    const endUtc = utcMs(Math.max(ended.endUtc, event.startUtc))
    const end = ticks(Math.max(ended.end, event.start))
    const length = lengthOf({ event, end, endUtc })
    // Not SCTE35-CMD, which the opening tag may have: attributes of one ID never differ.
    const message = closer === undefined ? [] : [`SCTE35-IN=${hex(closer)}`]
    return dateRange(event, [`END-DATE="${isoDateTime(endUtc)}"`, `DURATION=${length}`, ...message])
  }
  return [...newlyTold.map(opening), ...ends.filter(({ isCut }) => !isCut).map(closing), ...begins.map(opening)]
}

function dateRange(event: ShownEvent, attributes: readonly string[]): string {
  const { reused, typeId } = event
  // What tells events apart that have one id.
  const suffix = reused === undefined ? [] : [reused, ...(typeId === undefined ? [] : [typeId])]
  const id = [event.id, ...suffix].join('-')
  return `#EXT-X-DATERANGE:${[`ID="${id}"`, `START-DATE="${isoDateTime(event.startUtc)}"`, ...attributes].join()}`
}

/** By timestamps, as PLANNED-DURATION is; by dates where it ended on another timeline than it began. */
function lengthOf({ event, end, endUtc }: Pick<EndedEvent, 'event' | 'end' | 'endUtc'>): string {
  const byDates = endUtc - event.startUtc
  const isOnTimeline = Math.abs(msBetween(event.start, end) - byDates) <= 1
  return isOnTimeline ? seconds(end - event.start) : (byDates / 1000).toFixed(3)
}

const seconds = (time: number) => (time / TICKS_PER_SECOND).toFixed(3)
const hex = (section: string) => `0x${section.toUpperCase()}`
const base64 = (section: string) => Buffer.from(section, 'hex').toString('base64')
