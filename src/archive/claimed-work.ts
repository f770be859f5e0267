import type { Clock } from '../clock.ts'
import type { WorkClaims } from '../stores/work-claims.ts'

/** Interval at which claims are renewed, and made for what has become known since. */
const RENEW_MS = 1000
/** After as long, others take over the work of a process that is gone. */
const LEASE_MS = 6000

export type ClaimedWorkDeps = {
  readonly claims: WorkClaims
  /** This process. */
  readonly owner: string
  /** The steady clock that all processes go by: after a step of the date, they may believe different ones. */
  readonly clock: Clock
}

/** The work that this process has claimed, of that which one process at a time should do. */
export class ClaimedWork {
  private readonly deps: ClaimedWorkDeps
  private held = new Set<string>()
  /** Counted from the question, not from its answer. */
  private heldUntil = 0
  private renewedAt = -Infinity
  private renewing: Promise<unknown> | undefined
  private isReleased = false

  constructor(deps: ClaimedWorkDeps) {
    this.deps = deps
  }

  /** Claims work and renews what it has. Cheap when it was called a moment ago. */
  async renew(names: readonly string[]): Promise<void> {
    const { claims, owner, clock } = this.deps
    const now = clock()
    if (this.isReleased || (now - this.renewedAt < RENEW_MS && now >= this.renewedAt)) return
    this.renewedAt = now
    const claiming = claims.claimWork({ owner, names, now, leaseMs: LEASE_MS })
    this.renewing = claiming
    const held = await claiming
    if (this.isReleased) return
    this.held = new Set(held)
    this.heldUntil = now + LEASE_MS
  }

  has(name: string): boolean {
    return this.deps.clock() < this.heldUntil && this.held.has(name)
  }

  /** Leaves everything to others, at once and for good. */
  async release(): Promise<void> {
    this.isReleased = true
    this.held.clear()
    // What is being claimed would be claimed after it was released.
    await this.renewing?.catch(() => {})
    await this.deps.claims.releaseWork(this.deps.owner)
  }
}
