/** A node that may be killed at each change of its database, and what becomes of its jobs. */
import assert from 'node:assert/strict'
import { type UtcMs, utcMs } from '../../src/media/time.ts'
import type { HarvestJob } from '../../src/model/harvest-job.ts'
import { event } from '../../src/stores/nouns.contract.ts'
import type { Resources } from '../../src/stores/resources.ts'
import type { WorkClaims } from '../../src/stores/work-claims.ts'
import type { Random } from '../judges/random.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** A database with everything in it, as one node has it open. */
export type NodeStore = {
  readonly resources: Resources
  readonly claims?: WorkClaims
  close(): Promise<void>
}

/** Some days of nodes over one database. */
export type NodesLife = {
  /** Opens the database for one more node. */
  readonly open: () => Promise<NodeStore>
  /** How many nodes have it open at once. */
  readonly nodes: number
  readonly random: Random
  /** The first moment; whole minutes. */
  readonly from: UtcMs
  readonly days: number
}

/** Thrown in place of a store's answer: the node is gone. */
class Killed extends Error {}

/** How likely a node is to be killed at each change of the database. */
export class Mortality {
  risk = 0
  isKilled = false
  private readonly random: Random

  constructor(random: Random) {
    this.random = random
  }

  /** A change that the node may not live to make, or to hear of. */
  mortal<Args extends readonly unknown[], Result>(change: (...args: Args) => Promise<Result>) {
    return async (...args: Args): Promise<Result> => {
      const dies = !this.isKilled && this.random.next() < this.risk
      const isBefore = this.random.next() < 0.5
      if (this.isKilled || (dies && isBefore)) {
        this.isKilled = true
        throw new Killed()
      }
      const result = await change(...args)
      if (dies) {
        this.isKilled = true
        throw new Killed()
      }
      return result
    }
  }
}

/** A node of a simulation. */
export type MortalNode = {
  readonly store: NodeStore
  readonly mortality: Mortality
  work(): Promise<void>
  release(): Promise<void>
}

/** Nodes that work at once, of which some are killed and replaced. */
export class MortalNodes {
  private readonly startNode: () => Promise<MortalNode>
  private readonly count: number
  private readonly live: MortalNode[] = []

  constructor(count: number, startNode: () => Promise<MortalNode>) {
    this.count = count
    this.startNode = startNode
  }

  /** One of those that live. */
  get resources(): Resources {
    return this.live[0]!.store.resources
  }

  /** All do what is to be done, with that risk for each of their changes. */
  async work(risk: number): Promise<void> {
    await this.fill()
    const working = this.live.map(async (node) => {
      node.mortality.risk = risk
      await node.work().catch(() => {})
    })
    await Promise.all(working)
    for (const node of this.live.filter(({ mortality }) => mortality.isKilled)) await this.kill(node)
    await this.fill()
  }

  /** One is killed, or leaves, and another one takes its place. */
  async replaceOne(leaves: boolean): Promise<void> {
    const [node] = this.live
    if (node && leaves) await node.release().catch(() => {})
    if (node) await this.kill(node)
    await this.fill()
  }

  async close(): Promise<void> {
    await Promise.all(this.live.map(({ store }) => store.close()))
  }

  private async fill(): Promise<void> {
    while (this.live.length < this.count) this.live.push(await this.startNode())
  }

  private async kill(node: MortalNode): Promise<void> {
    this.live.splice(this.live.indexOf(node), 1)
    await node.store.close()
  }
}

/** What time it is in a simulation. */
export type Time = { now: number }

export type Lifetime = {
  readonly time: Time
  /** No node dies any more from then on. */
  readonly until: number
  /** For how long everything comes to an end after that. */
  readonly afterwardsMs: number
  readonly random: Random
  /** What happens before the nodes work, with a risk that something goes wrong. */
  readonly begin?: (risk: number) => void
}

/** Lets time pass for nodes, of which some die; harvests all jobs that they make, and gives these. */
export async function live(nodes: MortalNodes, { time, until, afterwardsMs, random, begin }: Lifetime) {
  const assets: HarvestJob[] = []
  for (;;) {
    const isOver = time.now >= until + afterwardsMs
    const risk = time.now < until ? 0.04 : 0
    begin?.(risk)
    await nodes.work(risk)
    assets.push(...(await harvestAll(nodes.resources, utcMs(time.now))))
    if (isOver) return assets
    // Mostly some minutes, sometimes an outage of everything.
    const isLong = risk === 0 || random.next() < 0.02
    time.now += isLong ? random.integer(2, risk > 0 ? 20 : 5) * HOUR_MS : random.integer(1, 40) * MINUTE_MS
    if (risk > 0 && random.next() < 0.03) await nodes.replaceOne(random.next() < 0.5)
  }
}

/** Harvests every job there is. */
async function harvestAll(resources: Resources, now: UtcMs): Promise<readonly HarvestJob[]> {
  const done: HarvestJob[] = []
  for (;;) {
    const job = await resources.claimHarvestJob({ owner: 'worker', now, leaseMs: DAY_MS })
    if (!job) return done
    const claim = { id: job.id, fence: job.run.fence }
    const end = { at: now, outcome: { state: 'SUCCEEDED' } as const, event: event(job.id) }
    assert.equal(await resources.finishHarvestJob(claim, end), 'finished')
    done.push(job)
  }
}
