import type { ClaimedWorkDeps } from '../archive/claimed-work.ts'
import { SoleWork } from '../archive/sole-work.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { allOf } from '../stores/pages.ts'
import type { Resources } from '../stores/resources.ts'
import { Findings, type FindingsDeps } from './findings.ts'
import { type LookDeps, look } from './look.ts'
import { EndpointMemory, endpointMemories } from './memory.ts'

const WORK = 'self-check'
/** A look is followed by a pause of so many times its length: together they take a hundredth of the time. */
const REST = 99
/** The longest pause: most of a look that takes as long was waiting. */
const MOST_REST_MS = 10_000
/** When a round takes longer, live windows may have nothing in common with what they showed in the one before. */
const LONG_ROUND_MS = 30_000
/** An endpoint at which nothing new has been seen for so long is looked at seldom. */
const IDLE_MS = 600_000
const IDLE_PAUSE_MS = 3_600_000
/** Endpoints that are looked at. */
const MOST_ENDPOINTS = 10_000

export type SelfCheckDeps = Omit<LookDeps, 'steady' | 'date'> &
  Omit<FindingsDeps, 'resources'> & {
    readonly resources: Pick<Resources, 'appendEvent' | 'listOriginEndpoints'>
    /** Time between two looks at an endpoint, at least. */
    readonly intervalMs: number
    /** Milliseconds by a clock that nobody can set. */
    readonly stopwatch: () => number
    /** What processes need that share the resources: one of them looks. Absent for a process alone. */
    readonly shared?: ClaimedWorkDeps | undefined
  }

/** Idle endpoints by GUID and revision: since when they are, and when they were looked at last. */
type Idle = { readonly since: number; looked: number; readonly edge: string | undefined }

/**
 * Looks at all origin endpoints in turn, one at a time, as a player would, and reports what is not as it should be.
 * Every endpoint is looked at once in each interval, or less often where that would take more than a hundredth of the
 * time: a look that takes longer because the server is busy is followed by a longer pause. In rounds that take long,
 * each endpoint is looked at twice in a row, so that there is something to compare.
 */
export class SelfCheck {
  private readonly deps: SelfCheckDeps
  private readonly work: SoleWork
  private readonly findings: Findings
  private readonly memories = endpointMemories()
  private readonly idle = new Map<string, Idle>()
  private round: readonly OriginEndpoint[] = []
  private place = 0
  private roundBegan = -Infinity
  private dueAt = -Infinity

  constructor(deps: SelfCheckDeps) {
    this.deps = deps
    this.work = new SoleWork(WORK, deps.shared)
    this.findings = new Findings(deps)
  }

  /** Looks at the next endpoint, when one is due. Called often. */
  async step(): Promise<void> {
    const { stopwatch, intervalMs } = this.deps
    // A claim that is not renewed while nothing is due would go to another.
    if (!(await this.work.claim()) || stopwatch() < this.dueAt) return
    const began = stopwatch()
    try {
      if (this.place >= this.round.length) await this.beginRound()
      const endpoint = this.round[this.place++]
      if (endpoint) await this.lookAt(endpoint)
    } finally {
      const now = stopwatch()
      const rested = now + Math.min((now - began) * REST, MOST_REST_MS)
      this.dueAt = Math.max(rested, this.roundBegan + (intervalMs * this.place) / Math.max(this.round.length, 1))
    }
  }

  /** Leaves the work to others, at once and for good. */
  release(): Promise<void> {
    return this.work.release()
  }

  private async beginRound(): Promise<void> {
    const { resources, stopwatch, intervalMs } = this.deps
    const all: OriginEndpoint[] = []
    for await (const endpoint of allOf((page) => resources.listOriginEndpoints(page))) {
      if (endpoint.origination === 'ALLOW' && !this.isResting(endpoint)) all.push(endpoint)
      if (all.length === MOST_ENDPOINTS) break
    }
    const isLong = this.round.length > 0 && stopwatch() - this.roundBegan > Math.max(LONG_ROUND_MS, 2 * intervalMs)
    this.round = isLong ? all.flatMap((endpoint) => [endpoint, endpoint]) : all
    this.place = 0
    this.roundBegan = stopwatch()
  }

  private async lookAt(endpoint: OriginEndpoint): Promise<void> {
    const key = keyOf(endpoint)
    const memory = this.memories.get(key) ?? new EndpointMemory()
    const looked = await look(endpoint, memory, this.deps).catch((error: unknown) => {
      this.findings.looked(endpoint, 'failed')
      throw error
    })
    this.memories.put(key, memory, memory.cost)
    this.noteIdle(key, memory)
    if (typeof looked === 'string') return this.findings.looked(endpoint, looked)
    this.findings.looked(endpoint, looked.length > 0 ? 'findings' : 'ok')
    for (const finding of looked) await this.findings.report(endpoint, finding)
  }

  private noteIdle(key: string, { edge }: EndpointMemory): void {
    const now = this.deps.steady()
    const before = this.idle.get(key)
    if (before && before.edge === edge?.text) before.looked = now
    else this.idle.set(key, { since: now, looked: now, edge: edge?.text })
    for (const oldest of this.idle.keys()) {
      if (this.idle.size <= MOST_ENDPOINTS) break
      this.idle.delete(oldest)
    }
  }

  /** What is idle would be kept in memory by being looked at. */
  private isResting(endpoint: OriginEndpoint): boolean {
    const idle = this.idle.get(keyOf(endpoint))
    const now = this.deps.steady()
    return (
      idle !== undefined &&
      now - idle.since > IDLE_MS &&
      now - idle.looked < IDLE_PAUSE_MS &&
      this.deps.sendingSince(endpoint.channelGuid) === undefined
    )
  }
}

function keyOf({ guid, revision }: OriginEndpoint): string {
  return `${guid}/${revision}`
}
