import fc from 'fast-check'
import { openPostgresStore } from '../../src/stores/postgres/postgres-store.ts'
import { MemoryObjects } from '../encoders/memory-objects.ts'
import { type PostgresServer, startPostgres } from '../servers/postgres.ts'
import type { SharedStores } from './archive-nodes.ts'
import { SharedLife } from './node-life.ts'
import { type SharedScript, sharedScript } from './node-script.ts'

/** Connections of each node. */
const POOL_SIZE = 4

/** A database for one life after the other, with the connections of each node. */
class Lives {
  events = 0
  private shared: SharedStores | undefined
  private readonly server: PostgresServer
  private lives = 0

  constructor(server: PostgresServer) {
    this.server = server
  }

  async live(one: SharedScript): Promise<void> {
    this.shared ??= await this.open()
    const life = new SharedLife(this.shared, ++this.lives, one)
    try {
      await life.live()
      await this.forgetClaims(this.shared)
    } catch (error) {
      // What it has left would be in the way of the next one.
      await this.close()
      throw error
    } finally {
      this.events += life.events
    }
  }

  async close(): Promise<void> {
    await Promise.all((this.shared?.stores ?? []).map((store) => store.close()))
    this.shared = undefined
  }

  private async open(): Promise<SharedStores> {
    const url = await this.server.createDatabase()
    const log = { info() {}, warn() {}, error() {} }
    const open = () => openPostgresStore({ url, poolSize: POOL_SIZE, log })
    return { stores: [await open(), await open(), await open()], objects: new MemoryObjects(), owners: [] }
  }

  /** Nodes of the last life may have claimed work beyond the beginning of the next. */
  private async forgetClaims({ stores, owners }: SharedStores): Promise<void> {
    for (const owner of owners.splice(0)) await stores[0]!.workClaims.releaseWork(owner)
  }
}

/** Lives through scripts on a PostgreSQL of its own; throws when one of them breaks a promise. */
export class SharedSimulations {
  private readonly server: PostgresServer

  private constructor(server: PostgresServer) {
    this.server = server
  }

  static async open(): Promise<SharedSimulations> {
    return new SharedSimulations(await startPostgres())
  }

  close(): Promise<void> {
    return this.server.stop()
  }

  async simulate(one: SharedScript): Promise<void> {
    const lives = new Lives(this.server)
    try {
      await lives.live(one)
    } finally {
      await lives.close()
    }
  }

  /**
   * Random lives, several at a time; one that breaks a promise is made as short as it can be. Gives the number of
   * events.
   */
  async simulateAtRandom(seed: number, numRuns: number, atOnce: number): Promise<number> {
    const all = Array.from({ length: atOnce }, () => new Lives(this.server))
    const outcomes = await Promise.allSettled(
      all.map((lives, i) => {
        const property = fc.asyncProperty(sharedScript, (one) => lives.live(one))
        return fc.assert(property, { seed: seed + i, numRuns: Math.ceil(numRuns / atOnce), endOnFailure: true })
      }),
    )
    await Promise.all(all.map((lives) => lives.close()))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    return all.reduce((sum, { events }) => sum + events, 0)
  }
}
