import type { EventStream } from '../../manifests/dash/mpd.ts'
import { SCTE35_XML, type SpliceInfoSection } from '../../manifests/dash/splice-info-section.ts'
import { readSpliceInfo, type SpliceInfo } from '../../media/scte35/splice-info.ts'
import type { Segmentation } from '../../media/splice-signal.ts'
import { TICKS_PER_MS, TICKS_PER_SECOND } from '../../media/time.ts'
import { type AdName, beginningIn, shownAdsIn } from '../../model/ad-events/segment-ads.ts'
import type { SummaryWindow } from '../../model/output-segment.ts'
import { eventShown, type ShownEvent } from '../ads/shown-events.ts'
import type { DashPeriod } from './periods.ts'

/**
 * The event of the ad break that begins with a Period: at its start, or later where the message says so. It is as long
 * as is planned. A break that began before the Period does, in an asset or because the source was not cut there, is at
 * its start, with what is left of it.
 */
export function eventStreamsOf(
  period: DashPeriod,
  window: Pick<SummaryWindow, 'segments' | 'adEvents'>,
): readonly EventStream[] {
  const event = openingEvent(period, window)
  const section = event && sectionOf(readSpliceInfo(Buffer.from(event.opener, 'hex')))
  if (!event || !section) return []
  const { id, start, plannedDuration } = event
  const late = start - period.begins.time
  // Periods begin with a whole millisecond.
  const isAtStart = late < TICKS_PER_MS
  return [
    {
      schemeIdUri: SCTE35_XML,
      timescale: TICKS_PER_SECOND,
      events: [
        {
          ...(!isAtStart && { presentationTime: late }),
          ...(plannedDuration !== undefined && {
            duration: late <= -TICKS_PER_MS ? Math.max(plannedDuration + late, 0) : plannedDuration,
          }),
          id,
          spliceInfoSection: section,
        },
      ],
    },
  ]
}

/** What is known of the event: a slot of the window, or the window itself, tells of its beginning. */
function openingEvent(
  { adBreak, segments }: DashPeriod,
  { segments: all, adEvents = [] }: Pick<SummaryWindow, 'segments' | 'adEvents'>,
): ShownEvent | undefined {
  if (!adBreak) return undefined
  const first = segments[0]!
  const isMeant = ({ era, number }: AdName) => era === adBreak.era && number === adBreak.event
  const { begins = [], goesOn = [] } = first.shownAds ?? {}
  const ad = [...shownAdsIn(begins), ...shownAdsIn(goesOn)].find(isMeant)
  // It may begin with a later slot of the segment before.
  const at = all.findIndex(({ number }) => number === first.number)
  const near = all.slice(Math.max(at - 1, 0), at + 1).flatMap((segment) => [...beginningIn(segment)])
  const rows = [...near, ...adEvents].filter(({ era, event: { number } }) => isMeant({ era, number }))
  return ad && eventShown(ad, first, rows)
}

/** A message in the words of its XML; undefined for one that cannot be read, or begins nothing. */
function sectionOf(info: SpliceInfo | string): SpliceInfoSection | undefined {
  if (typeof info === 'string') return undefined
  const { protocolVersion, ptsAdjustment, tier, ptsTime, signals } = info
  const time = ptsTime === undefined ? {} : { ptsTime }
  const insert = signals.find((signal) => signal.kind === 'splice-insert')
  if (insert?.isCancel) return undefined
  return {
    protocolVersion,
    ptsAdjustment,
    tier,
    command: insert
      ? {
          name: 'SpliceInsert',
          spliceEventId: insert.id,
          outOfNetworkIndicator: insert.isOut,
          ...time,
          ...(insert.duration !== undefined && {
            breakDuration: { autoReturn: insert.autoReturn ?? false, duration: insert.duration },
          }),
          uniqueProgramId: insert.programId,
          availNum: insert.availNum,
          availsExpected: insert.availsExpected,
        }
      : { name: 'TimeSignal', ...time },
    segmentationDescriptors: signals.filter((signal) => signal.kind === 'segmentation').map(descriptorOf),
  }
}

function descriptorOf(signal: Segmentation): SpliceInfoSection['segmentationDescriptors'][number] {
  if (signal.isCancel) return { segmentationEventId: signal.id }
  const { id, typeId, duration, restrictions, upid, segmentNum, segmentsExpected, subSegment } = signal
  return {
    segmentationEventId: id,
    event: {
      ...(duration !== undefined && { segmentationDuration: duration }),
      segmentationTypeId: typeId,
      segmentNum,
      segmentsExpected,
      ...(subSegment && { subSegmentNum: subSegment.num, subSegmentsExpected: subSegment.expected }),
      ...(restrictions && {
        deliveryRestrictions: {
          webDeliveryAllowedFlag: restrictions.webDeliveryAllowed,
          noRegionalBlackoutFlag: restrictions.noRegionalBlackout,
          archiveAllowedFlag: restrictions.archiveAllowed,
          deviceRestrictions: restrictions.deviceRestrictions,
        },
      }),
      segmentationUpid: { segmentationUpidType: upid?.type ?? 0, bytes: upid?.bytes ?? '' },
    },
  }
}
