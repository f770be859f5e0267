import type { HarvestJob } from '../../model/harvest-job.ts'
import { HarvestFailed } from '../harvest-failed.ts'
import type { HarvestWindow } from './harvest-window.ts'
import { SeveralRanges } from './several-ranges.ts'

/** A range of a job, as a job for that alone with the endpoint that all are packaged as, and its window. */
export type RangeInWindow = { readonly job: HarvestJob; readonly window: HarvestWindow }

/** The ranges of a window, each as one: itself where it is of one. */
export function rangeWindows(window: HarvestWindow): readonly HarvestWindow[] {
  return window instanceof SeveralRanges ? window.split() : [window]
}

/** The ranges of a job's window, in their order. */
export function rangesIn(job: HarvestJob, window: HarvestWindow): readonly RangeInWindow[] {
  const { ranges = [job], ...whole } = job
  return rangeWindows(window).map((own, i) => {
    const { start, end } = ranges[i] ?? job
    return { job: { ...whole, start, end }, window: own }
  })
}

/** The window to which a rule about missing media has been applied, in each of its ranges by itself. */
export async function withEachRange(
  job: HarvestJob,
  window: HarvestWindow,
  rule: (job: HarvestJob, window: HarvestWindow) => Promise<HarvestWindow>,
): Promise<HarvestWindow> {
  const ranges = rangesIn(job, window)
  if (ranges.length === 1) return rule(job, window)
  const kept: HarvestWindow[] = []
  for (const [i, range] of ranges.entries()) kept.push(await aboutRange(i, () => rule(range.job, range.window)))
  return SeveralRanges.joined(kept)
}

/** What is done for the range at an index; the message of HarvestFailed tells which one it is. */
export async function aboutRange<T>(index: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof HarvestFailed)) throw error
    throw new HarvestFailed(error.code, `ranges[${index}]: ${error.message}`, error.nearest)
  }
}
