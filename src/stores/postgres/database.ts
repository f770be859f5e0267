import pg from 'pg'
import type { Log } from '../../log.ts'
import { type ResourceChange, StoreUnavailable } from '../resources.ts'
import { connectionOptions, farewell, isCancelled, isRetryable, named, prepareSession } from './connection.ts'
import { ask, askTogether, PreparedStatements, type Rows, type Statement, type Value } from './statements.ts'
import { WaitingRoom } from './waiting-room.ts'

/** Requests that may wait for a connection; more means that the database cannot keep up, and callers get an error. */
const MOST_WAITING = 10_000
/** Attempts at a transaction that meets deadlocks. */
const MOST_ATTEMPTS = 5

/** Advisory locks; the holder of one sees and makes all changes of its kind until its transaction ends. */
const LOCKS = {
  schema: 1,
  channels: 2,
  originEndpoints: 3,
  harvestJobs: 4,
  events: 5,
  work: 6,
  harvestSchedules: 7,
  clips: 8,
  harvestRules: 9,
}
/** Separates these locks from the advisory locks of others in the same database. */
const LOCK_CLASS = 0x57494e44

/** What operations ask of a database, or of one transaction of it. */
export type Queries = Pick<PostgresDatabase, 'all' | 'get' | 'run' | 'transaction' | 'shortTransaction'>

/** Runs statements inside a transaction. */
export class Transaction {
  private readonly client: pg.ClientBase
  private readonly prepared: PreparedStatements
  /** Changes that are reported when, and only when, the transaction is durable. */
  readonly changes: ResourceChange[] = []

  constructor(client: pg.ClientBase, prepared: PreparedStatements) {
    this.client = client
    this.prepared = prepared
  }

  /** All operations on this transaction. Their statements are prepared: there must not be many of them. */
  get queries(): Queries {
    const { client, prepared } = this
    const all = async <Row>(sql: string, ...values: Value[]) => {
      return (await ask(client, sql, values, prepared.nameOf(sql))).rows as Row[]
    }
    return {
      all,
      get: async <Row>(sql: string, ...values: Value[]) => (await all<Row>(sql, ...values))[0],
      run: (sql, ...values) => this.run(sql, ...values),
      transaction: (work) => work(this),
      async shortTransaction(looking, changing) {
        const changes = changing(await askTogether(client, looking, prepared))
        if (changes) await askTogether(client, changes, prepared)
        return changes !== undefined
      },
    }
  }

  async all<Row>(sql: string, ...values: Value[]): Promise<Row[]> {
    return (await ask(this.client, sql, values)).rows as Row[]
  }

  async get<Row>(sql: string, ...values: Value[]): Promise<Row | undefined> {
    return (await this.all<Row>(sql, ...values))[0]
  }

  /** Runs a statement; resolves to the number of rows it affected. */
  async run(sql: string, ...values: Value[]): Promise<number> {
    return (await ask(this.client, sql, values)).rowCount ?? 0
  }

  /** Sends statements without waiting in between; resolves to the rows of each. */
  async together(statements: readonly Statement[]): Promise<readonly Rows[]> {
    return askTogether(this.client, statements)
  }

  /**
   * Waits for a lock. Sequence numbers drawn under a lock become visible in their order, so that a cursor misses
   * none. With 'shared', others may hold it in the same way meanwhile.
   */
  async lock(name: keyof typeof LOCKS, mode: 'alone' | 'shared' = 'alone'): Promise<void> {
    const take = mode === 'alone' ? 'pg_advisory_xact_lock' : 'pg_advisory_xact_lock_shared'
    await ask(this.client, `SELECT ${take}($1, $2)`, [LOCK_CLASS, LOCKS[name]])
  }
}

/**
 * A pool of connections. A request waits for one as long as the database keeps answering others. When the database
 * cannot be reached, the request and all waiting ones reject with StoreUnavailable; the next call tries again.
 */
export class PostgresDatabase {
  private readonly pool: pg.Pool
  /** Queues requests in front of the pool, which would count waiting time as connecting time. */
  private readonly room: WaitingRoom
  private readonly underWay = new Set<Promise<unknown>>()
  private readonly committed: (changes: readonly ResourceChange[]) => void
  private readonly announce: (changes: readonly ResourceChange[]) => Statement
  /**
   * Tells of a change that was committed, of which there may be many. Notices that are part of transactions let only
   * one of these commit at a time; this one is lost if the process dies before it is sent.
   */
  readonly tellSoon: (change: ResourceChange) => void
  private readonly prepared = new PreparedStatements()
  private isClosing = false
  /** Requests that the database has answered so far, including those with an error. */
  private answered = 0

  constructor(options: {
    url: string
    poolSize: number
    log: Log
    /** How the connections are called in the database. */
    applicationName?: string
    /** Longer than any statement takes, in milliseconds. */
    statementMs?: number
    /** The statement that notifies other processes when its transaction commits. */
    announce: (changes: readonly ResourceChange[]) => Statement
    /** Called before the transaction's caller gets its result. */
    committed: (changes: readonly ResourceChange[]) => void
    /** See `tellSoon` of this class. Absent where nobody is told. */
    tellSoon?: (change: ResourceChange) => void
  }) {
    this.announce = options.announce
    this.committed = options.committed
    this.tellSoon = options.tellSoon ?? (() => {})
    this.room = new WaitingRoom({ atOnce: options.poolSize, mostWaiting: MOST_WAITING })
    this.pool = new pg.Pool({
      ...connectionOptions(options.url, options),
      max: options.poolSize,
      // Statements of one transaction are sent together. A connection serves one request at a time all the same.
      pipeline: true,
      // The pool waits for the promise, though its types do not say so.
      onConnect: ((client: pg.ClientBase) => prepareSession(client, options.statementMs)) as (
        client: pg.ClientBase,
      ) => void,
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

  /** Runs a statement; resolves to the number of rows it affected. */
  async run(sql: string, ...values: Value[]): Promise<number> {
    return this.using(async (client) => (await ask(client, sql, values)).rowCount ?? 0)
  }

  /** Runs `work` atomically; `work` may be called again after a deadlock. */
  async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const { result, changes } = await this.using((client) => retrying(() => this.attempt(client, work)))
    if (changes.length > 0) this.committed(changes)
    return result
  }

  /**
   * Runs a transaction in two round trips. The statements `looking`, which must not change anything, are sent with
   * BEGIN; those that `changing` makes of their rows are sent with COMMIT. False, with nothing changed, when it makes
   * none. All may be repeated after a deadlock. Each text of a statement is prepared once on each connection, so there
   * must not be many of them: planning them would cost PostgreSQL as much as running them.
   */
  async shortTransaction(
    looking: readonly Statement[],
    changing: (rows: readonly Rows[]) => readonly Statement[] | undefined,
  ): Promise<boolean> {
    return this.using((client) =>
      retrying(() =>
        undoing(client, async () => {
          const [, ...rows] = await askTogether(client, [['BEGIN'], ...looking], this.prepared)
          const changes = changing(rows)
          await askTogether(client, [...(changes ?? []), [changes ? 'COMMIT' : 'ROLLBACK']], this.prepared)
          return changes !== undefined
        }),
      ),
    )
  }

  /** Finishes the requests under way, then closes every connection. */
  async close(): Promise<void> {
    if (this.isClosing) return
    this.isClosing = true
    await Promise.allSettled(this.underWay)
    await farewell(this.pool.end())
  }

  private async attempt<T>(client: pg.ClientBase, work: (transaction: Transaction) => Promise<T>) {
    return undoing(client, async () => {
      const transaction = new Transaction(client, this.prepared)
      // The first statements do not wait for the answer to this one, and fail where it does.
      const [, result] = await Promise.all([ask(client, 'BEGIN'), work(transaction)])
      const { changes } = transaction
      if (changes.length > 0) {
        const [sql, ...values] = this.announce(changes)
        await ask(client, sql, values)
      }
      await ask(client, 'COMMIT')
      return { result, changes }
    })
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
    /**
     * Rejects the waiting requests, which would meet the same error one by one, unless others were answered
     * meanwhile.
     */
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

/** Repeats what meets a deadlock. */
async function retrying<T>(attempt: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt()
    } catch (error) {
      if (!isRetryable(error) || attempts === MOST_ATTEMPTS) throw error
    }
  }
}

/** Ends the transaction of what fails. */
async function undoing<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) await ask(client, 'ROLLBACK')
    throw error
  }
}
