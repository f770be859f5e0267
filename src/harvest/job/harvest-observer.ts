import type { HarvestOutcome } from '../../model/harvest-job.ts'

/** Hears of what harvest jobs of this process write, and how they end. */
export type HarvestObserver = {
  wrote(bytes: number): void
  ended(state: HarvestOutcome['state']): void
}
