import { isoDateTime } from '../../media/time.ts'
import { DEFAULT_HARVEST_OPTIONS, type HarvestJob, type HarvestRange } from '../../model/harvest-job.ts'
import { lossesWithin } from '../../model/harvest-losses.ts'
import type { HarvestObject, PlannedRange } from '../../model/harvest-run.ts'
import type { SummaryWindow } from '../../model/output-segment.ts'
import { describedFrames } from '../../model/shown-frames.ts'
import { toldEvents } from '../../packaging/ads/told-events.ts'
import type { HarvestRecords } from '../../stores/harvest-records.ts'
import type { HarvestWindow } from '../window/harvest-window.ts'
import type { Checkpoint } from './checkpoint.ts'
import { encryptionEntry } from './encryption.ts'
import { type AssetFiles, type AssetObject, type ObjectSource, reportKey } from './files.ts'

const PAGE = 5000
/** Ad events that a report lists: those of a day with forty breaks an hour. */
const MOST_AD_EVENTS = 1000

/**
 * Makes the report, an object beside the asset that lists what it was made of. It depends on the job and the archive
 * alone.
 */
export async function reportFile(
  job: HarvestJob,
  { plan, names = {}, losses }: Pick<Checkpoint, 'plan' | 'names' | 'losses'>,
  resources: Pick<HarvestRecords, 'listHarvestObjects'>,
  {
    files,
    window,
    summary,
  }: {
    readonly files: Pick<AssetFiles, 'parent' | 'sourcesOf'>
    readonly window: HarvestWindow
    /** That of the window, with its keys. */
    readonly summary: SummaryWindow
  },
): Promise<AssetObject> {
  const { parent } = files
  const key = reportKey(job, names)
  const head = {
    harvestJob: job.id,
    channelId: job.channelId,
    originEndpointId: job.originEndpointId,
    startTime: job.startTime,
    endTime: job.endTime,
    manifestKey: job.s3Destination.manifestKey,
    options: job.options ?? DEFAULT_HARVEST_OPTIONS,
    ...encryptionEntry(job, summary),
    ...(job.ranges && { ranges: job.ranges.map((range, i) => rangeEntry(range, plan?.ranges?.[i])) }),
    ...(plan && {
      firstProgramDateTime: isoDateTime(plan.content.start),
      lastProgramDateTime: isoDateTime(plan.content.end),
      ...(plan.shown && { shown: describedFrames(plan.shown) }),
      gaps: plan.gaps.map((gap) => ({ ...gap, start: isoDateTime(gap.start), end: isoDateTime(gap.end) })),
      gapCount: plan.gapCount,
      ...adEventsIn(window),
      lost: lossesWithin(plan, losses).map((loss) => ({
        sourceObject: loss.key,
        reason: loss.reason,
        track: loss.track,
        start: isoDateTime(loss.start),
        end: isoDateTime(loss.end),
        ...(loss.replacement && { replacedBy: loss.replacement.key }),
      })),
    }),
  }
  const parts = [Buffer.from(`${JSON.stringify(head, undefined, 1).slice(0, -2)},\n "objects": [`)]
  let separator = '\n  '
  for (let after: string | undefined; ; ) {
    const page = await resources.listHarvestObjects(job.id, { limit: PAGE, ...(after && { after }) })
    // The report of an earlier attempt is not part of itself, and the parent manifest is still to come.
    const objects = page.items.filter((object) => ![key, parent?.key].includes(object.key))
    if (objects.length > 0) {
      parts.push(Buffer.from(separator + objects.map(stated).join(',\n  ')))
      separator = ',\n  '
    }
    if (page.next === undefined) break
    after = page.next
  }
  parts.push(Buffer.from('\n ],\n "sources": ['))
  separator = '\n  '
  for await (const batch of window.batches()) {
    const sources = files.sourcesOf(batch)
    if (sources.length === 0) continue
    parts.push(Buffer.from(separator + sources.map((source) => sourceEntry(source, window)).join(',\n  ')))
    separator = ',\n  '
  }
  parts.push(Buffer.from('\n ]\n}\n'))
  const size = parts.reduce((sum, part) => sum + part.length, 0)
  return { key, body: async () => ({ kind: 'bytes', parts, contentType: 'application/json', size }) }
}

/** None where the source has told of none. */
function adEventsIn({ summary }: HarvestWindow) {
  const all = toldEvents(summary, MOST_AD_EVENTS)
  const adEvents = all.map(({ start, end, ...event }) => ({
    ...event,
    startTime: isoDateTime(start),
    ...(end !== undefined && { endTime: isoDateTime(end) }),
  }))
  return adEvents.length > 0 ? { adEvents } : {}
}

function rangeEntry({ originEndpointId, startTime, endTime }: HarvestRange, planned: PlannedRange | undefined) {
  const asked = { originEndpointId, startTime, endTime }
  if (!planned) return asked
  const { content, segments } = planned
  const shown = { firstProgramDateTime: isoDateTime(content.start), lastProgramDateTime: isoDateTime(content.end) }
  return { ...asked, ...shown, ...(planned.shown && { shown: describedFrames(planned.shown) }), segments }
}

/** The entry of an object that is made of source segments: of which input, and with which hashes. */
function sourceEntry({ key, segment, objects }: ObjectSource, window: HarvestWindow): string {
  const origin = window.sourceOf(segment)?.era.origin
  return JSON.stringify({
    key,
    ...(origin?.kind === 'input' && { ingestEndpointId: origin.input }),
    programDateTime: isoDateTime(segment.startUtc),
    segments: objects.map(({ sha256, size }) => ({ sha256, size })),
  })
}

/** The entry of an object. Where nobody has seen the bytes, no hash is stated. */
function stated({ sha256, ...object }: HarvestObject): string {
  return JSON.stringify(sha256 === '' ? object : { ...object, sha256 })
}
