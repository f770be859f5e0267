import { Worker } from 'node:worker_threads'
import { type ResourceChange, type Resources, StoreUnavailable } from '../resources.ts'
import type { SegmentIndex } from '../segment-index.ts'
import { DatabaseRefused } from './database.ts'
import type { FromWorker, Reply, Request, ToWorker } from './messages.ts'

/** Requests under way at once; more means that the disk cannot keep up, and callers are told so. */
const MOST_REQUESTS = 20_000

export type SqliteStore = {
  readonly resources: Resources
  readonly segmentIndex: SegmentIndex
  /** Finishes what was asked, then closes the database. */
  close(): Promise<void>
}

type Waiter = { resolve(result: unknown): void; reject(error: Error): void }

/**
 * Channels, endpoints, jobs, events and the segment index in one SQLite file, in a worker thread of its own. A promise
 * resolves when its transaction is on disk. Throws DatabaseRefused when another process has the file, or it is none.
 */
export async function openSqliteStore(path: string): Promise<SqliteStore> {
  const worker = new Worker(new URL(`./worker${import.meta.url.slice(-3)}`, import.meta.url), { workerData: { path } })
  const waiters = new Map<number, Waiter>()
  const listeners = new Set<(change: ResourceChange) => void>()
  let unsent: Request[] = []
  let lastId = 0
  let stopped: Error | undefined

  const stop = (reason: Error) => {
    stopped ??= reason
    for (const { reject } of waiters.values()) reject(stopped)
    waiters.clear()
  }
  const post = (message: ToWorker) => worker.postMessage(message)

  await new Promise<void>((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', (message: FromWorker) => {
      if (message.kind !== 'refused') return resolve()
      reject(message.name === 'DatabaseRefused' ? new DatabaseRefused(message.message) : new Error(message.message))
    })
  })

  const settle = (reply: Reply) => {
    const waiter = waiters.get(reply.id)
    waiters.delete(reply.id)
    if ('error' in reply) waiter?.reject(reply.error)
    else waiter?.resolve(reply.result)
  }
  worker.on('message', (message: FromWorker) => {
    if (message.kind !== 'replies') return
    // Listeners first: whoever hears that a change is done must not read an older cache.
    for (const change of message.changes) for (const listener of listeners) listener(change)
    for (const reply of message.replies) settle(reply)
  })
  worker.on('error', (error) => stop(new StoreUnavailable(`the store's thread died: ${error.message}`)))
  worker.on('exit', () => stop(new StoreUnavailable('the store is closed')))

  const call = (operation: string, args: readonly unknown[]): Promise<unknown> => {
    if (stopped) return Promise.reject(stopped)
    if (waiters.size >= MOST_REQUESTS) {
      return Promise.reject(new StoreUnavailable(`${MOST_REQUESTS} requests already wait for the store`))
    }
    return new Promise((resolve, reject) => {
      const id = ++lastId
      waiters.set(id, { resolve, reject })
      // What one turn of the event loop asks for travels together.
      if (unsent.length === 0) {
        queueMicrotask(() => {
          const requests = unsent
          unsent = []
          post({ kind: 'requests', requests })
        })
      }
      unsent.push({ id, operation, args })
    })
  }

  const port = new Proxy({} as Resources & SegmentIndex, {
    get(_, operation: string) {
      if (operation === 'onChange') {
        return (listener: (change: ResourceChange) => void) => {
          listeners.add(listener)
          return () => listeners.delete(listener)
        }
      }
      return (...args: readonly unknown[]) => call(operation, args)
    },
  })

  return {
    resources: port,
    segmentIndex: port,
    async close() {
      if (stopped) return
      const exited = new Promise((resolve) => worker.once('exit', resolve))
      queueMicrotask(() => post({ kind: 'close' }))
      await exited
    },
  }
}
