import type { Clock } from './clock.ts'
import { periodically } from './periodic.ts'
import { createRules, type RulesDeps } from './rules/rules.ts'
import { createSchedules, type SchedulesDeps } from './schedules/schedules.ts'
import type { Failed, Stopping } from './stopping.ts'
import type { WorkClaims } from './stores/work-claims.ts'

/** Interval at which schedules are looked for that are due, and rules look for events that are over. */
const LOOK_MS = 1000

type Deps = Omit<SchedulesDeps & RulesDeps, 'shared'> & {
  /** This process. */
  readonly owner: string
  readonly steady: Clock
  /** Absent for a process alone. */
  readonly claims?: WorkClaims | undefined
}

/** Starts what makes jobs and clips by itself: schedules and rules. They stop with the server. */
export function startAutomations(
  { owner, steady, claims, ...deps }: Deps,
  { closers, releasers }: Pick<Stopping, 'closers' | 'releasers'>,
  failed: Failed,
): void {
  const sharedAs = (name: string) => claims && { claims, owner: `${owner}/${name}`, clock: steady }
  const schedules = createSchedules({ ...deps, shared: sharedAs('schedules') })
  const rules = createRules({ ...deps, shared: sharedAs('rules') })
  releasers.push(() => schedules.release())
  releasers.push(() => rules.release())
  closers.push(periodically(LOOK_MS, () => schedules.makeJobs(), failed('making the jobs of schedules')))
  closers.push(periodically(LOOK_MS, () => rules.makeAssets(), failed('making the assets of rules')))
}
