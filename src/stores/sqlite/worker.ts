/**
 * The database's own thread. Requests that arrive while a transaction is being written wait and form the next one:
 * under load, many commits share one sync of the disk. A reply is sent only when its transaction has committed.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { COPY_UNFINISHED } from '../archive-records.ts'
import { DatabaseRefused, type ResourceChange } from '../resources.ts'
import { SqliteDatabase } from './database.ts'
import type { DatabaseReply, DatabaseRequest, Reply, Request } from './messages.ts'
import { operations } from './operations.ts'

const port = parentPort
if (!port) throw new Error('sqlite/worker.ts runs in a worker thread only')
const send = (message: DatabaseReply, moved: ArrayBuffer[] = []) => port.postMessage(message, moved)

/** Serves requests; returns the names of the available operations. */
function serve(db: SqliteDatabase, path: string): readonly string[] {
  if (db.get('SELECT 1 FROM archive_copy')) throw new DatabaseRefused(`${path} cannot be used: ${COPY_UNFINISHED}`)
  // One process at a time has the database, so leases of earlier processes are void.
  db.exec("UPDATE harvest_job SET lease_until = 0 WHERE state = 'RUNNING'; UPDATE event_sink SET lease_until = 0;")
  let changes: ResourceChange[] = []
  const all = new Map<string, (...args: readonly never[]) => unknown>(
    Object.entries(operations(db, { note: (change) => changes.push(change) })),
  )
  let waiting: Request[] = []

  const perform = ({ id, operation, args }: Request): Reply => {
    const before = changes.length
    db.exec('SAVEPOINT request')
    try {
      const result = all.get(operation)?.(...(args as readonly never[]))
      db.exec('RELEASE request')
      return { id, result }
    } catch (error) {
      db.exec('ROLLBACK TO request; RELEASE request')
      changes.length = before
      return { id, error: error as Error }
    }
  }

  const drain = () => {
    const requests = waiting
    if (requests.length === 0) return
    waiting = []
    changes = []
    let replies: Reply[]
    try {
      replies = db.atomically(() => requests.map(perform))
    } catch (error) {
      // The disk is full or failing: every request of the batch gets the error.
      changes = []
      replies = requests.map(({ id }) => ({ id, error: error as Error }))
    }
    send({ kind: 'replies', replies, changes }, replies.flatMap(bytesOf))
  }

  let isClosing = false
  const snapshots = new Set<Promise<void>>()
  const snapshot = async (id: number, path: string) => {
    const reply: Reply = await db
      .snapshot(path, () => !isClosing)
      .then(
        () => ({ id, result: undefined }),
        (error: Error) => ({ id, error }),
      )
    send({ kind: 'replies', replies: [reply], changes: [] })
  }

  port?.on('message', (message: DatabaseRequest) => {
    if (message.kind === 'snapshot') {
      const made = snapshot(message.id, message.path).finally(() => snapshots.delete(made))
      snapshots.add(made)
      return
    }
    if (message.kind === 'close') {
      drain()
      isClosing = true
      void Promise.all(snapshots).then(() => {
        db.close()
        port.close()
      })
      return
    }
    if (waiting.length === 0) setImmediate(drain)
    waiting.push(...message.requests)
  })
  return [...all.keys()]
}

/** The bytes that a reply has as its result, which are moved to the caller's thread. */
function bytesOf(reply: Reply): ArrayBuffer[] {
  const result = 'result' in reply ? reply.result : undefined
  return result instanceof Uint8Array && result.buffer instanceof ArrayBuffer ? [result.buffer] : []
}

try {
  const { path } = workerData as { readonly path: string }
  const names = serve(new SqliteDatabase(path), path)
  send({ kind: 'opened', operations: names })
} catch (error) {
  send({ kind: 'refused', name: (error as Error).name, message: (error as Error).message })
}
