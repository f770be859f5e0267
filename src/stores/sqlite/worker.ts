/**
 * The database's own thread. Requests that arrive while a transaction is being written wait and become the next one:
 * under load many commits share one sync of the disk. A reply leaves only when its transaction has committed.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { ResourceChange } from '../resources.ts'
import { Database } from './database.ts'
import type { FromWorker, Reply, Request, ToWorker } from './messages.ts'
import { operations } from './operations.ts'

const port = parentPort
if (!port) throw new Error('sqlite/worker.ts runs in a worker thread only')
const send = (message: FromWorker) => port.postMessage(message)

function serve(db: Database): void {
  let changes: ResourceChange[] = []
  const all = operations(db, { note: (change) => changes.push(change) }) as unknown as Record<
    string,
    ((...args: readonly unknown[]) => unknown) | undefined
  >
  let waiting: Request[] = []

  const perform = ({ id, operation, args }: Request): Reply => {
    const before = changes.length
    db.exec('SAVEPOINT request')
    try {
      const result = all[operation]?.(...args)
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
      db.exec('BEGIN IMMEDIATE')
      replies = requests.map(perform)
      db.exec('COMMIT')
    } catch (error) {
      // The disk is full or failing: nobody is told that anything was kept.
      try {
        db.exec('ROLLBACK')
      } catch {
        // There was no transaction any more.
      }
      changes = []
      replies = requests.map(({ id }) => ({ id, error: error as Error }))
    }
    send({ kind: 'replies', replies, changes })
  }

  port?.on('message', (message: ToWorker) => {
    if (message.kind === 'close') {
      drain()
      db.close()
      send({ kind: 'closed' })
      port.close()
      return
    }
    if (waiting.length === 0) setImmediate(drain)
    waiting.push(...message.requests)
  })
}

try {
  serve(new Database((workerData as { path: string }).path))
  send({ kind: 'opened' })
} catch (error) {
  send({ kind: 'refused', name: (error as Error).name, message: (error as Error).message })
}
