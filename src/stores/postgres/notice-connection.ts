import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Log } from '../../log.ts'
import { StoreUnavailable } from '../resources.ts'
import { connectionOptions, farewell, named, reasonOf } from './connection.ts'

/** Interval at which the connection is checked, and the time it may take to answer. */
const HEARTBEAT = { everyMs: 10_000, timeoutMs: 5_000 }
/** PostgreSQL refuses payloads of 8000 bytes. */
export const MOST_NOTICE_BYTES = 7_900
const RETRY_MS = { first: 100, longest: 5_000 }

/** Hears the notices that are sent under a name, those of this process included. */
type NoticeListener = {
  /** An identifier of SQL, which needs no quotes. */
  readonly name: string
  hear(payload: string): void
  /** Called after a time without a connection: notices may have been missed. */
  missed(): void
  /** Called when the connection is lost: what answers from now on may be another server, without the last commits. */
  lost?(): void
}

/**
 * The connection on which a process gets the notices of all processes on a database, and sends those that are part of
 * no transaction. It is opened again whenever it is lost.
 */
export class NoticeConnection {
  private readonly url: string
  private readonly log: Log
  private readonly heartbeat: typeof HEARTBEAT
  private readonly listeners: NoticeListener[] = []
  private readonly closing = new AbortController()
  private client: pg.Client | undefined

  private constructor(url: string, log: Log, heartbeat: typeof HEARTBEAT) {
    this.url = url
    this.log = log
    this.heartbeat = heartbeat
  }

  static async open(url: string, log: Log, heartbeat = HEARTBEAT): Promise<NoticeConnection> {
    const connection = new NoticeConnection(url, log, heartbeat)
    await connection.connect()
    void connection.beat()
    return connection
  }

  /** Resolves once no notice can be missed unnoticed any more. */
  async listen(listener: NoticeListener): Promise<void> {
    this.listeners.push(listener)
    await this.query(listening([listener]))
  }

  /** Sends notices at once, each of at most MOST_NOTICE_BYTES. */
  async send(name: string, payloads: readonly string[]): Promise<void> {
    await this.query('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload', [name, payloads])
  }

  async close(): Promise<void> {
    this.closing.abort()
    const client = this.client
    this.client = undefined
    await farewell(client?.end())
  }

  private async query(sql: string, values: readonly unknown[] = []): Promise<void> {
    const client = this.client
    if (!client) throw new StoreUnavailable('there is no connection for notices')
    try {
      await client.query(sql, [...values])
    } catch (error) {
      const reason = named(error)
      if (reason instanceof StoreUnavailable) this.lose(client, error)
      throw reason
    }
  }

  private async connect(): Promise<void> {
    const client = new pg.Client({ ...connectionOptions(this.url), query_timeout: this.heartbeat.timeoutMs })
    client.on('error', (error) => this.lose(client, error))
    client.on('end', () => this.lose(client, new Error('the connection ended')))
    client.on('notification', ({ channel, payload }) => this.hear(channel, payload ?? ''))
    try {
      await client.connect()
      // A notice is not kept on disk; without this, sending it would wait for the disk all the same.
      await client.query(`SET synchronous_commit = off; ${listening(this.listeners)}`)
    } catch (error) {
      discard(client)
      throw error
    }
    if (this.closing.signal.aborted) return discard(client)
    this.client = client
  }

  private hear(name: string, payload: string): void {
    for (const listener of this.listeners) if (listener.name === name) listener.hear(payload)
  }

  private lose(client: pg.Client, error: unknown): void {
    if (client !== this.client) return
    this.client = undefined
    discard(client)
    for (const listener of this.listeners) listener.lost?.()
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
    for (const listener of this.listeners) listener.missed()
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

const listening = (listeners: readonly NoticeListener[]) => listeners.map(({ name }) => `LISTEN ${name}`).join('; ')

function discard(client: pg.Client): void {
  void client.end().catch(() => {})
}
