import pg from 'pg'
import type { Log } from '../../log.ts'
import { type ResourceChange, StoreUnavailable } from '../resources.ts'
import { connectionOptions, farewell, isCancelled, isRetryable, named, prepareSession } from './connection.ts'
import { WaitingRoom } from './waiting-room.ts'

export type Value = string | number | boolean | null | readonly string[]

/** Requests that may wait for a connection; more means that the database cannot keep up, and callers are told so. */
const MOST_WAITING = 10_000
/** Of one transaction that meets deadlocks. */
const MOST_ATTEMPTS = 5

/** Whoever holds one of these alone sees and makes all changes of its kind, until the transaction ends. */
const LOCKS = { schema: 1, channels: 2, originEndpoints: 3, harvestJobs: 4, events: 5 }
/** Keeps them apart from the advisory locks of others in the same database. */
const LOCK_CLASS = 0x57494e44

/** Inside a transaction. */
export class Transaction {
  private readonly client: pg.ClientBase
  /** To be told when, and only when, the transaction is durable. */
  readonly changes: ResourceChange[] = []

  constructor(client: pg.ClientBase) {
    this.client = client
  }

  async all<Row>(sql: string, ...values: Value[]): Promise<Row[]> {
    return (await ask(this.client, sql, values)).rows as Row[]
  }

  async get<Row>(sql: string, ...values: Value[]): Promise<Row | undefined> {
    return (await this.all<Row>(sql, ...values))[0]
  }

  /** The number of rows it touched. */
  async run(sql: string, ...values: Value[]): Promise<number> {
    return (await ask(this.client, sql, values)).rowCount ?? 0
  }

  /** Waits for its turn. Sequence numbers drawn under a lock appear in their order: a cursor passes none by. */
  async lock(name: keyof typeof LOCKS): Promise<void> {
    await ask(this.client, 'SELECT pg_advisory_xact_lock($1, $2)', [LOCK_CLASS, LOCKS[name]])
  }
}

/**
 * A pool of connections. A request waits for one as long as the database goes on answering others. Rejects with
 * StoreUnavailable when the database cannot be asked, also all that wait then; the next call tries anew.
 */
export class PostgresDatabase {
  private readonly pool: pg.Pool
  /** In front of the pool, which would count the time a request waits for its turn as time it takes to connect. */
  private readonly room: WaitingRoom
  private readonly underWay = new Set<Promise<unknown>>()
  private readonly committed: (changes: readonly ResourceChange[]) => void
  private readonly announce: (changes: readonly ResourceChange[]) => readonly [sql: string, ...values: Value[]]
  private isClosing = false
  /** Requests that the database has answered so far, be it with an error of theirs. */
  private answered = 0

  constructor(options: {
    url: string
    poolSize: number
    log: Log
    /** The statement that tells other processes, when the transaction it is part of has committed. */
    announce: (changes: readonly ResourceChange[]) => readonly [sql: string, ...values: Value[]]
    /** Called before the transaction's caller is answered. */
    committed: (changes: readonly ResourceChange[]) => void
  }) {
    this.announce = options.announce
    this.committed = options.committed
    this.room = new WaitingRoom({ atOnce: options.poolSize, mostWaiting: MOST_WAITING })
    this.pool = new pg.Pool({
      ...connectionOptions(options.url),
      max: options.poolSize,
      // The pool waits for the promise, though its types do not say so.
      onConnect: prepareSession as (client: pg.ClientBase) => void,
    })
    this.pool.on('error', (error) =>
      options.log.warn({ event: 'database-connection-lost', error: error.message }, 'lost an idle database connection'),
    )
  }

  async all<Row>(sql: string, ...values: Value[]): Promise<Row[]> {
    return this.using(async (client) => (await ask(client, sql, values)).rows as Row[])
  }

  async get<Row>(sql: string, ...values: Value[]): Promise<Row | undefined> {
    return (await this.all<Row>(sql, ...values))[0]
  }

  /** The number of rows it touched. */
  async run(sql: string, ...values: Value[]): Promise<number> {
    return this.using(async (client) => (await ask(client, sql, values)).rowCount ?? 0)
  }

  /** Everything `work` does or nothing; it may be called again after a deadlock. */
  async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const { result, changes } = await this.using(async (client) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.attempt(client, work)
        } catch (error) {
          if (!isRetryable(error) || attempt === MOST_ATTEMPTS) throw error
        }
      }
    })
    if (changes.length > 0) this.committed(changes)
    return result
  }

  /** Finishes what was asked, then closes every connection. */
  async close(): Promise<void> {
    if (this.isClosing) return
    this.isClosing = true
    await Promise.allSettled(this.underWay)
    await farewell(this.pool.end())
  }

  private async attempt<T>(client: pg.ClientBase, work: (transaction: Transaction) => Promise<T>) {
    await ask(client, 'BEGIN')
    try {
      const transaction = new Transaction(client)
      const result = await work(transaction)
      const { changes } = transaction
      if (changes.length > 0) {
        const [sql, ...values] = this.announce(changes)
        await ask(client, sql, values)
      }
      await ask(client, 'COMMIT')
      return { result, changes }
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) await ask(client, 'ROLLBACK')
      throw error
    }
  }

  private async using<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    if (this.isClosing) throw new StoreUnavailable('the store is closed')
    const working = this.inTurn(() => this.checkOut(work))
    this.underWay.add(working)
    try {
      return await working
    } finally {
      this.underWay.delete(working)
    }
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    await this.room.enter()
    try {
      return await work()
    } finally {
      this.room.leave()
    }
  }

  private async checkOut<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const answeredBefore = this.answered
    /** The others would learn the same one after the other, unless they are answered meanwhile. */
    const dismissOthers = (reason: unknown) => {
      if (this.answered === answeredBefore) this.room.dismiss(reason)
    }
    const client = await this.pool.connect().catch((error: unknown) => {
      const reason = named(error)
      dismissOthers(reason)
      throw reason
    })
    let broken: Error | undefined
    try {
      return await work(client)
    } catch (error) {
      if (error instanceof StoreUnavailable) broken = error
      throw error
    } finally {
      // A connection that failed is not used again.
      client.release(broken)
      if (broken === undefined) this.answered++
      else if (isCancelled(broken)) dismissOthers(broken)
    }
  }
}

async function ask(client: pg.ClientBase, sql: string, values: readonly Value[] = []): Promise<pg.QueryResult> {
  try {
    return await client.query(sql, values.map(storable))
  } catch (error) {
    throw named(error)
  }
}

/** PostgreSQL's text cannot hold U+0000; nothing stored under a name contains one, so nothing is found by it. */
function storable(value: Value): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\ufffd')
  return Array.isArray(value) ? value.map(storable) : value
}
