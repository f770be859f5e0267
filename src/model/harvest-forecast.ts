import type { HarvestFailure } from './harvest-failure.ts'
import type { HarvestPlan, TrackProgress } from './harvest-run.ts'

/** What would become of a harvest job if it ran now. */
export type HarvestForecast = {
  /** Why it would fail; empty when it would not. */
  readonly failures: readonly HarvestFailure[]
  /** It would wait for the live edge; the plan is of what is there already. */
  readonly isWaiting: boolean
  /** An object lies under the name of the parent manifest; absent where the bucket does not tell. */
  readonly overwrites?: boolean
  readonly plan?: HarvestPlan
  readonly tracks?: readonly TrackProgress[]
}
