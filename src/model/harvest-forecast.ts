import type { HarvestFailure } from './harvest-failure.ts'
import type { HarvestPlan, TrackProgress } from './harvest-run.ts'

/** The forecast of a harvest job, as if it ran now. */
export type HarvestForecast = {
  /** The reasons for which it would fail; empty when it would not. */
  readonly failures: readonly HarvestFailure[]
  /** True when it would wait for the live edge; the plan then covers what is there already. */
  readonly isWaiting: boolean
  /** True when an object already has the name of the parent manifest; absent where the bucket does not tell. */
  readonly overwrites?: boolean
  readonly plan?: HarvestPlan
  readonly tracks?: readonly TrackProgress[]
}
