import type { ResourceChange, Resources } from '../resources.ts'
import type { SegmentIndex } from '../segment-index.ts'
import { stepwise } from '../stepwise.ts'
import { startDatabase } from './remote.ts'

export type SqliteStore = {
  readonly resources: Resources
  readonly segmentIndex: SegmentIndex
  /** Resolves when the store has broken down and every call rejects: only a new process helps. */
  readonly lost: Promise<Error>
  /** Copies everything to a file that is not there, as it is when that resolves. Requests are served meanwhile. */
  snapshot(path: string): Promise<void>
  /** Finishes the requests under way, then closes the database. */
  close(): Promise<void>
}

/**
 * Channels, endpoints, jobs, events and the segment index in one SQLite file, in a worker thread. A promise resolves
 * when its transaction is on disk. Throws DatabaseRefused when another process has the file, or it is no database.
 * Every call rejects with StoreUnavailable when too many wait, or after the thread has ended.
 */
export async function openSqliteStore(path: string): Promise<SqliteStore> {
  const listeners = new Set<(change: ResourceChange) => void>()
  const heard = (change: ResourceChange) => {
    for (const listener of listeners) listener(change)
  }
  const thread = await startDatabase(path, heard)
  const onChange = (listener: (change: ResourceChange) => void) => {
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
    }
  }
  return {
    resources: { ...thread.remote, onChange },
    segmentIndex: { ...thread.remote, ...stepwise(thread.remote) },
    lost: thread.lost,
    snapshot: (path) => thread.snapshot(path),
    close: () => thread.close(),
  }
}
