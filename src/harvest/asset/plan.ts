import { isoDateTime } from '../../media/time.ts'
import { GapFinder, isBefore, longestWithoutGap, type ShownStream } from '../../model/harvest-gaps.ts'
import { DEFAULT_HARVEST_OPTIONS, type HarvestJob, kindsOf } from '../../model/harvest-job.ts'
import type { HarvestGap, HarvestPlan, PlannedRange } from '../../model/harvest-run.ts'
import { type Era, endUtcOf } from '../../model/output-segment.ts'
import { assetCuts } from '../../packaging/deliverables/asset-format.ts'
import { shownFrames } from '../../packaging/deliverables/shown-frames.ts'
import type { ExactEdges } from '../../packaging/exact/exact-edges.ts'
import { ShownWindow } from '../../packaging/shown-window.ts'
import { selectVariants } from '../../packaging/tracks/stream-selection.ts'
import { HarvestFailed } from '../harvest-failed.ts'
import { archivedNumbers } from '../window/asset-window.ts'
import { rangesIn, rangeWindows, withEachRange } from '../window/by-range.ts'
import type { HarvestWindow } from '../window/harvest-window.ts'
import type { Inventory } from './inventory.ts'

/** The most gaps that a report lists; the others are only counted. */
const MOST_GAPS = 100

/** The gaps in the asset of a window, by its own streams, in each of its ranges. */
export async function gapsOf(job: HarvestJob, window: HarvestWindow): Promise<readonly HarvestGap[]> {
  const ranges = rangesIn(job, window)
  if (ranges.length === 1) return gapsInRange(job, window)
  const gaps: HarvestGap[] = []
  for (const [range, { job, window }] of ranges.entries()) {
    gaps.push(...(await gapsInRange(job, window)).map((gap) => ({ ...gap, range })))
  }
  return gaps
}

async function gapsInRange(job: HarvestJob, window: HarvestWindow): Promise<readonly HarvestGap[]> {
  const present = await presentStreams(window)
  const shown = new Map(window.summary.eras.map((era) => [era.id, shownStreams(job, present, era)]))
  const finder = new GapFinder(job, (era) => shown.get(era) ?? [])
  for await (const { segments } of window.summaryBatches()) for (const segment of segments) finder.take(segment)
  return finder.found()
}

/**
 * Applies the job's options about missing media to each range of the window. Throws HarvestFailed, with the longest
 * part that lacks nothing, when the options demand it.
 */
export function applyOptions(job: HarvestJob, window: HarvestWindow): Promise<HarvestWindow> {
  return withEachRange(job, window, optionsApplied)
}

async function optionsApplied(job: HarvestJob, window: HarvestWindow): Promise<HarvestWindow> {
  const newest = window.summary.segments.at(-1)
  const fails = (job.options ?? DEFAULT_HARVEST_OPTIONS).earlyEndPolicy === 'FAIL'
  if (fails && newest && isBefore(endUtcOf(newest), job.end)) {
    const message = `The encoder stopped at ${isoDateTime(endUtcOf(newest))}, before the end of the window at ${isoDateTime(job.end)}.`
    throw new HarvestFailed('EndedEarly', message, longestWithoutGap(job, await gapsOf(job, window)))
  }
  return withinGapPolicy(job, window)
}

/** Applies the gap policy alone, for a window whose end may still arrive. */
export async function withinGapPolicy(job: HarvestJob, window: HarvestWindow): Promise<HarvestWindow> {
  const { gapPolicy } = job.options ?? DEFAULT_HARVEST_OPTIONS
  if (gapPolicy === 'DISCONTINUITY') return window
  const gaps = await gapsOf(job, window)
  const newest = window.summary.segments.at(-1)
  const inside = gaps.filter(({ start }) => newest && start < endUtcOf(newest))
  const [first] = inside
  if (!first) return window
  if (gapPolicy === 'CLAMP') {
    // A gap at the very beginning has nothing before it.
    const clamped = window.part((segment) => endUtcOf(segment) <= first.start)
    if (clamped) return clamped
  }
  const what = first.track === undefined ? 'Media' : `Media of ${first.track}`
  const others = inside.length > 1 ? `, and in ${inside.length - 1} more ${inside.length > 2 ? 'gaps' : 'gap'}` : ''
  const message = `${what} is missing from ${isoDateTime(first.start)} to ${isoDateTime(first.end)}${others}.`
  throw new HarvestFailed('GapInWindow', message, longestWithoutGap(job, gaps))
}

/** A job, and the edges of its asset where that is cut exactly. */
type PlannedJob = { readonly job: HarvestJob; readonly edges?: ExactEdges | undefined }

export function planOf(
  { job, edges }: PlannedJob,
  window: HarvestWindow,
  { segments, manifests, byRange }: Inventory,
  gaps: readonly HarvestGap[],
): HarvestPlan {
  const numbers = archivedNumbers(window)
  const windows = rangeWindows(window)
  const { shown, ...extent } = extentOf({ job, edges }, window, true)
  return {
    ...extent,
    ...(!numbers && shown && { shown }),
    segments,
    manifests,
    gaps: gaps.slice(0, MOST_GAPS),
    gapCount: gaps.length,
    ...(numbers && {
      ranges: windows.map((own, i): PlannedRange => {
        return { archived: numbers[i]!, ...extentOf({ job, edges }, own, i === 0), segments: byRange?.[i] ?? 0 }
      }),
    }),
  }
}

/** Where an asset of a window begins and ends, and what is shown of its first range if that is cut to the frame. */
function extentOf(
  { job, edges }: PlannedJob,
  { summary }: HarvestWindow,
  isFirst: boolean,
): Pick<HarvestPlan, 'first' | 'last' | 'content' | 'shown'> {
  const [oldest, newest] = [summary.segments[0], summary.segments.at(-1)]
  if (!oldest || !newest) throw new Error('a plan needs a window with segments')
  const cuts = assetCuts(job, summary)
  const exact = edges && ShownWindow.ofEdges(summary, edges)
  const { segments } = (exact ?? (cuts && ShownWindow.ofCuts(summary, cuts)))?.summary ?? summary
  const [cut] = cuts ?? []
  const isExact = job.options?.cut === 'FRAME_EXACT'
  return {
    first: oldest.number,
    last: newest.number,
    content: { start: (segments[0] ?? oldest).startUtc, end: endUtcOf(segments.at(-1) ?? newest) },
    ...(cut && { shown: shownFrames(job.endpoint, summary, { cut, kinds: kindsOf(job), isFirst, isExact }) }),
  }
}

/** The streams that have media anywhere in the window. */
async function presentStreams(window: HarvestWindow): Promise<ReadonlySet<number>> {
  const present = new Set<number>()
  for await (const { segments } of window.summaryBatches()) {
    for (const { objects } of segments.flatMap(({ slots }) => slots)) {
      for (const index of Object.keys(objects)) present.add(Number(index))
    }
  }
  return present
}

function shownStreams({ endpoint }: HarvestJob, present: ReadonlySet<number>, era: Era) {
  const streams = era.streams.filter(({ index }) => present.has(index))
  // Text may be silent for a while, or cover several segments with one object: that is no gap.
  const sound = streams.filter(({ role }) => role.kind === 'audio')
  return [...selectVariants(streams, endpoint.packaging.streamSelection), ...sound].map(({ index }): ShownStream => {
    return { index, name: `${endpoint.manifestName}_${index}` }
  })
}
