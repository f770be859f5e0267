import { randomUUID } from 'node:crypto'
import type { ResourceChange } from '../resources.ts'
import { noticeText, noticeTexts, parseChangeNotice } from './change-notice.ts'
import type { NoticeConnection } from './notice-connection.ts'

const NAME = 'windrow_change'
/** Time for which changes are gathered that other processes are told of soon. */
const GATHER_MS = 250
/** Changes that may wait to be sent; beyond it, others are told that anything may have changed. */
const MOST_UNSENT = 10_000

/**
 * Reports the changes of all processes on one database to listeners of this one: its own when they are committed,
 * those of others when PostgreSQL notifies, and, after a time without a connection, that anything may have changed.
 */
export class ChangeFeed {
  private readonly me = randomUUID()
  private readonly listeners = new Set<(change: ResourceChange) => void>()
  private readonly notices: Pick<NoticeConnection, 'send'>
  /** By their text, so that each is sent once. */
  private unsent = new Map<string, ResourceChange>()
  private gathering: NodeJS.Timeout | undefined
  private isClosed = false

  private constructor(notices: Pick<NoticeConnection, 'send'>) {
    this.notices = notices
  }

  /** Resolves once no change can be missed any more. */
  static async open(notices: NoticeConnection): Promise<ChangeFeed> {
    const feed = new ChangeFeed(notices)
    await notices.listen({
      name: NAME,
      hear: (payload) => feed.hear(payload),
      missed: () => feed.tell([{ kind: 'everything' }]),
    })
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

  /** Tells listeners at once, and other processes within a moment, of a change that was committed. */
  tellSoon(change: ResourceChange): void {
    this.tell([change])
    this.unsent.set(JSON.stringify(change), change)
    if (this.unsent.size > MOST_UNSENT) this.unsent = new Map([['everything', { kind: 'everything' }]])
    this.gather()
  }

  /** The statement that notifies the other processes, as part of the transaction that makes the changes. */
  announcement(changes: readonly ResourceChange[]): readonly [sql: string, ...values: string[]] {
    return ['SELECT pg_notify($1, $2)', NAME, noticeText(this.me, changes)]
  }

  /** Sends nothing any more. Others find the jobs that this process had when they take them over. */
  close(): void {
    this.isClosed = true
    clearTimeout(this.gathering)
  }

  private gather(): void {
    if (this.isClosed || this.gathering !== undefined) return
    this.gathering = setTimeout(() => void this.send(), GATHER_MS)
    this.gathering.unref()
  }

  private async send(): Promise<void> {
    const { unsent } = this
    this.unsent = new Map()
    try {
      await this.notices.send(NAME, noticeTexts(this.me, [...unsent.values()]))
    } catch {
      // The connection logs that it was lost.
      for (const [text, change] of unsent) this.unsent.set(text, change)
    }
    this.gathering = undefined
    if (this.unsent.size > 0) this.gather()
  }

  private hear(payload: string): void {
    const { by, changes } = parseChangeNotice(payload)
    if (by !== this.me) this.tell(changes)
  }
}
