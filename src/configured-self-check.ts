import type { Config } from './config/config.ts'
import { periodically } from './periodic.ts'
import { SelfCheck, type SelfCheckDeps } from './self-check/self-check.ts'
import type { Failed, Stopping } from './stopping.ts'
import type { WorkClaims } from './stores/work-claims.ts'

/** Interval at which the next look is begun that is due. */
const STEP_MS = 100

type Deps = Omit<SelfCheckDeps, 'intervalMs' | 'shared' | 'viewer'> & {
  /** Absent in a process that plays nothing. */
  readonly viewer: SelfCheckDeps['viewer'] | undefined
  /** This process. */
  readonly owner: string
  /** Absent for a process alone. */
  readonly claims?: WorkClaims | undefined
}

/** Starts the looks that the server takes at itself, where it plays anything, unless the settings want none. */
export function startSelfCheck(
  { selfCheckIntervalMs }: Pick<Config, 'selfCheckIntervalMs'>,
  { viewer, owner, claims, ...deps }: Deps,
  { closers, releasers }: Pick<Stopping, 'closers' | 'releasers'>,
  failed: Failed,
): void {
  if (!viewer || selfCheckIntervalMs === 'none' || selfCheckIntervalMs === 0) return
  const shared = claims && { claims, owner: `${owner}/self-check`, clock: deps.steady }
  const selfCheck = new SelfCheck({ ...deps, viewer, shared, intervalMs: selfCheckIntervalMs })
  releasers.push(() => selfCheck.release())
  closers.push(periodically(STEP_MS, () => selfCheck.step(), failed('the self-check')))
}
