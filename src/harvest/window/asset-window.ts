import type { UtcMs } from '../../media/time.ts'
import { type HarvestJob, isCutToFrame, jobsOfRanges } from '../../model/harvest-job.ts'
import type { HarvestPlan } from '../../model/harvest-run.ts'
import type { PagedWindow, WindowArchive } from '../../packaging/paged-window.ts'
import { HarvestFailed } from '../harvest-failed.ts'
import { aboutRange } from './by-range.ts'
import { harvestWindow, plannedWindow, type WindowDeps, windowSoFar } from './find.ts'
import type { HarvestWindow } from './harvest-window.ts'
import { differenceOf } from './same-tracks.ts'
import { type ArchivedNumbers, SeveralRanges } from './several-ranges.ts'

/**
 * The window of a job's asset, of one range or of several, as `harvestWindow` finds each. With several, nothing is
 * followed: where a segment stands in the asset is known when all before it have arrived.
 */
export async function assetWindow(
  job: HarvestJob,
  deps: WindowDeps,
  signal: AbortSignal,
  follow: (edge: UtcMs) => Promise<void>,
): Promise<HarvestWindow> {
  if (!job.ranges) return harvestWindow(job, deps, signal, follow)
  return oneBehindTheOther(job, (range) => harvestWindow(range, deps, signal))
}

/** As `assetWindow` would find it now, without waiting; `isWaiting` when it would wait for the live edge. */
export async function assetWindowSoFar(
  job: HarvestJob,
  deps: Omit<WindowDeps, 'sleep'>,
): Promise<{ readonly window?: HarvestWindow; readonly isWaiting: boolean }> {
  if (!job.ranges) return windowSoFar(job, deps)
  let isWaiting = false
  let isWhole = true
  const found: PagedWindow[] = []
  for (const [i, range] of jobsOfRanges(job).entries()) {
    const soFar = await aboutRange(i, () => windowSoFar(range, deps))
    isWaiting ||= soFar.isWaiting
    if (soFar.window) found.push(soFar.window)
    else isWhole = false
  }
  return isWhole ? { window: await oneBehindTheOther(job, async (_, i) => found[i]!), isWaiting } : { isWaiting }
}

/** The window of an asset of which an earlier attempt has settled the plan. */
export async function plannedAssetWindow(
  job: HarvestJob,
  plan: HarvestPlan,
  archive: WindowArchive,
): Promise<HarvestWindow> {
  const { ranges } = plan
  if (!ranges) return plannedWindow(job, plan, archive)
  const window = await oneBehindTheOther(job, (range, i) => plannedWindow(range, ranges[i]!.archived, archive))
  const kept = window.split().map((own, i) => own.part(({ number }) => number <= ranges[i]!.last) ?? own)
  return SeveralRanges.joined(kept)
}

/** The numbers, of the endpoint, of each range of a window; undefined where it has one range. */
export function archivedNumbers(window: HarvestWindow): readonly ArchivedNumbers[] | undefined {
  return window instanceof SeveralRanges ? window.archived : undefined
}

/** Letters for the names of the segments of an asset whose numbers are its own; undefined for any other. */
export function ownDigest(job: HarvestJob, window: HarvestWindow): string | undefined {
  return window instanceof SeveralRanges ? window.digest(isCutToFrame(job)) : undefined
}

async function oneBehindTheOther(
  job: HarvestJob,
  find: (range: HarvestJob, index: number) => Promise<PagedWindow>,
): Promise<SeveralRanges> {
  const ranges: { readonly span: HarvestJob; readonly window: PagedWindow }[] = []
  for (const [i, span] of jobsOfRanges(job).entries()) {
    const window = await aboutRange(i, () => find(span, i))
    const [first = window] = ranges.map((range) => range.window)
    const difference = differenceOf(first.summary.eras.at(-1), window.summary.eras.at(-1), job.endpoint)
    if (difference !== undefined) throw new HarvestFailed('TracksDiffer', `ranges[${i}]: ${difference}`)
    ranges.push({ span, window })
  }
  return SeveralRanges.of(ranges)
}
