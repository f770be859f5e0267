import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Log } from '../../log.ts'
import type { ResourceChange } from '../resources.ts'
import { connectionOptions, farewell, reasonOf } from './connection.ts'

const CHANNEL = 'windrow_change'
/** Interval at which the connection is checked, and the time it may take to answer. */
const HEARTBEAT = { everyMs: 10_000, timeoutMs: 5_000 }
const RETRY_MS = { first: 100, longest: 5_000 }

/** The content of a notification. */
type Notice = { readonly by: string; readonly changes: readonly ResourceChange[] }

/**
 * Reports the changes of all processes on one database to listeners of this one: its own when they are committed,
 * those of others when PostgreSQL notifies, and, after a time without a connection, that anything may have changed.
 */
export class ChangeFeed {
  private readonly url: string
  private readonly log: Log
  private readonly heartbeat: typeof HEARTBEAT
  private readonly me = randomUUID()
  private readonly listeners = new Set<(change: ResourceChange) => void>()
  private readonly closing = new AbortController()
  private client: pg.Client | undefined

  private constructor(url: string, log: Log, heartbeat: typeof HEARTBEAT) {
    this.url = url
    this.log = log
    this.heartbeat = heartbeat
  }

  /** Resolves once no change can be missed any more. */
  static async open(url: string, log: Log, heartbeat = HEARTBEAT): Promise<ChangeFeed> {
    const feed = new ChangeFeed(url, log, heartbeat)
    await feed.connect()
    void feed.beat()
    return feed
  }

  onChange(listener: (change: ResourceChange) => void): () => void {
    this.listeners.add(listener)
    return () => {
      this.listeners.delete(listener)
    }
  }

  tell(changes: readonly ResourceChange[]): void {
    for (const change of changes) for (const listener of this.listeners) listener(change)
  }

  /** The statement that notifies the other processes, as part of the transaction that makes the changes. */
  announcement(changes: readonly ResourceChange[]): readonly [sql: string, ...values: string[]] {
    const notice: Notice = { by: this.me, changes }
    return ['SELECT pg_notify($1, $2)', CHANNEL, JSON.stringify(notice)]
  }

  async close(): Promise<void> {
    this.closing.abort()
    const client = this.client
    this.client = undefined
    await farewell(client?.end())
  }

  private async connect(): Promise<void> {
    const client = new pg.Client({ ...connectionOptions(this.url), query_timeout: this.heartbeat.timeoutMs })
    client.on('error', (error) => this.lose(client, error))
    client.on('end', () => this.lose(client, new Error('the connection ended')))
    client.on('notification', ({ payload }) => this.hear(payload ?? ''))
    try {
      await client.connect()
      await client.query(`LISTEN ${CHANNEL}`)
    } catch (error) {
      discard(client)
      throw error
    }
    if (this.closing.signal.aborted) return discard(client)
    this.client = client
  }

  private hear(payload: string): void {
    const { by, changes } = noticeOf(payload)
    if (by !== this.me) this.tell(changes)
  }

  private lose(client: pg.Client, error: unknown): void {
    if (client !== this.client) return
    this.client = undefined
    discard(client)
    this.log.warn(
      { event: 'database-changes-lost', reason: reasonOf(error) },
      'changes of the database are no longer received: reconnecting',
    )
    void this.reconnect()
  }

  private async reconnect(): Promise<void> {
    let pause = RETRY_MS.first
    while (!this.closing.signal.aborted) {
      try {
        await this.connect()
        break
      } catch {
        await this.sleep(pause)
        pause = Math.min(2 * pause, RETRY_MS.longest)
      }
    }
    if (this.closing.signal.aborted) return
    this.log.info({ event: 'database-changes-restored' }, 'changes of the database are received again')
    this.tell([{ kind: 'everything' }])
  }

  /** Checks the connection: a peer that vanished silently is noticed only by asking. */
  private async beat(): Promise<void> {
    while (!this.closing.signal.aborted) {
      await this.sleep(this.heartbeat.everyMs)
      const client = this.client
      await client?.query('SELECT 1').catch((error: unknown) => this.lose(client, error))
    }
  }

  private async sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.closing.signal, ref: false }).catch(() => {})
  }
}

/** Parses a notification. Foreign notifications on the channel count as a change of anything, which is harmless. */
function noticeOf(payload: string): Notice {
  try {
    const notice = JSON.parse(payload) as Notice
    if (typeof notice.by === 'string' && Array.isArray(notice.changes)) return notice
  } catch {
    // Not a notification of Windrow.
  }
  return { by: '', changes: [{ kind: 'everything' }] }
}

function discard(client: pg.Client): void {
  void client.end().catch(() => {})
}
