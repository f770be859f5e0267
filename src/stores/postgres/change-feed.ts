import { randomUUID } from 'node:crypto'
import type { ResourceChange } from '../resources.ts'
import type { NoticeConnection } from './notice-connection.ts'

const NAME = 'windrow_change'

/** The content of a notice. */
type Notice = { readonly by: string; readonly changes: readonly ResourceChange[] }

/**
 * Reports the changes of all processes on one database to listeners of this one: its own when they are committed,
 * those of others when PostgreSQL notifies, and, after a time without a connection, that anything may have changed.
 */
export class ChangeFeed {
  private readonly me = randomUUID()
  private readonly listeners = new Set<(change: ResourceChange) => void>()

  /** Resolves once no change can be missed any more. */
  static async open(notices: NoticeConnection): Promise<ChangeFeed> {
    const feed = new ChangeFeed()
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

  /** The statement that notifies the other processes, as part of the transaction that makes the changes. */
  announcement(changes: readonly ResourceChange[]): readonly [sql: string, ...values: string[]] {
    const notice: Notice = { by: this.me, changes }
    return ['SELECT pg_notify($1, $2)', NAME, JSON.stringify(notice)]
  }

  private hear(payload: string): void {
    const { by, changes } = noticeOf(payload)
    if (by !== this.me) this.tell(changes)
  }
}

/** Parses a notice. Foreign notices under the name count as a change of anything, which is harmless. */
function noticeOf(payload: string): Notice {
  try {
    const notice = JSON.parse(payload) as Notice
    if (typeof notice.by === 'string' && Array.isArray(notice.changes)) return notice
  } catch {
    // Not a notice of Windrow.
  }
  return { by: '', changes: [{ kind: 'everything' }] }
}
