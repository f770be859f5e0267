import type { UtcMs } from '../media/time.ts'

/**
 * Port: which process does each piece of work that one process at a time should do, such as `retention`. A piece of
 * work belongs to the process that claimed it until the lease of that process expires. All processes go by one clock,
 * so that no two have the same piece at a moment; what they do nevertheless stays right when a process is late to
 * notice that it has lost one.
 */
export type WorkClaims = {
  /**
   * Claims work for `owner`, and renews its lease until `leaseMs` after `now`: it keeps what it has already, and what
   * nobody has, or a process whose lease has expired, becomes its own. What it has and does not name is released.
   * Resolves to those of `names` that it has now.
   */
  claimWork(claim: {
    readonly owner: string
    readonly names: readonly string[]
    readonly now: UtcMs
    readonly leaseMs: number
  }): Promise<readonly string[]>
  /** Releases all that the owner has claimed, for others to claim at once. */
  releaseWork(owner: string): Promise<void>
}
