import type { HarvestOutcome } from '../../model/harvest-job.ts'

/** Hears of what harvest jobs of this process write, and how they end. */
export type HarvestObserver = {
  /** Called with the number of jobs that run, whenever it changes. */
  running(jobs: number): void
  wrote(bytes: number): void
  ended(state: HarvestOutcome['state']): void
}
