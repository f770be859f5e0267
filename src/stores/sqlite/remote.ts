import { Worker } from 'node:worker_threads'
import { DatabaseRefused, DiskFull, type ResourceChange, StoreUnavailable } from '../resources.ts'
import type { DatabaseReply, DatabaseRequest, Reply, Request } from './messages.ts'
import type { Operations } from './synchronous.ts'

/** Memory of the thread for rows that are soon forgotten; V8 by itself would take up to 128 MiB. */
const YOUNG_MEBIBYTES = 32
/** Requests under way at the same time; more means that the disk cannot keep up, and callers get an error. */
const MOST_REQUESTS = 20_000

/** The operations of the database's thread, as its callers see them. */
export type Remote = {
  readonly [Name in keyof Operations]: (...args: Parameters<Operations[Name]>) => Promise<ReturnType<Operations[Name]>>
}

export type DatabaseThread = {
  readonly remote: Remote
  /** Resolves when the thread has ended without being closed: nothing works any more. */
  readonly lost: Promise<Error>
  /** Copies the database to a file that is not there, as it is when that resolves. */
  snapshot(path: string): Promise<void>
  /** Finishes the requests under way, then closes the database. */
  close(): Promise<void>
}

type Waiter = { readonly resolve: (result: unknown) => void; readonly reject: (error: Error) => void }

/** SQLite's SQLITE_FULL; an error loses its code on the way out of the thread. */
const FULL = 'database or disk is full'

function asDiskFull(error: Error): Error {
  return error.message === FULL ? new DiskFull(FULL, { cause: error }) : error
}

/** Starts the database's thread. `heard` is called with every durable change before its request is answered. */
export async function startDatabase(path: string, heard: (change: ResourceChange) => void): Promise<DatabaseThread> {
  const thread = new URL(`./worker${import.meta.url.slice(-3)}`, import.meta.url)
  const worker = new Worker(thread, {
    workerData: { path },
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEBIBYTES },
  })
  const waiters = new Map<number, Waiter>()
  let unsent: Request[] = []
  let lastId = 0
  let stopped: Error | undefined
  let isClosing = false

  let lose: (reason: Error) => void = () => {}
  const lost = new Promise<Error>((resolve) => {
    lose = resolve
  })
  const stop = (reason: Error) => {
    stopped ??= reason
    if (!isClosing) lose(stopped)
    for (const waiter of waiters.values()) waiter.reject(stopped)
    waiters.clear()
  }
  const post = (message: DatabaseRequest) => worker.postMessage(message)

  const operations = await new Promise<readonly string[]>((resolve, reject) => {
    worker.once('error', reject)
    worker.once('exit', () => reject(new StoreUnavailable("the store's thread ended while starting")))
    worker.once('message', (message: DatabaseReply) => {
      if (message.kind === 'opened') resolve(message.operations)
      if (message.kind !== 'refused') return
      reject(message.name === 'DatabaseRefused' ? new DatabaseRefused(message.message) : new Error(message.message))
    })
  })

  const settle = (reply: Reply) => {
    const waiter = waiters.get(reply.id)
    waiters.delete(reply.id)
    if ('error' in reply) waiter?.reject(asDiskFull(reply.error))
    else waiter?.resolve(reply.result)
  }
  worker.on('message', (message: DatabaseReply) => {
    if (message.kind !== 'replies') return
    // Listeners first: a caller that learns that a change is done must not read an older cache.
    message.changes.forEach(heard)
    message.replies.forEach(settle)
  })
  worker.on('error', (error) => stop(new StoreUnavailable(`the store's thread died: ${error.message}`)))
  worker.on('exit', () => stop(new StoreUnavailable('the store is closed')))

  const replyTo = (ask: (id: number) => void): Promise<unknown> => {
    if (stopped) return Promise.reject(stopped)
    if (waiters.size >= MOST_REQUESTS) {
      return Promise.reject(new StoreUnavailable(`${MOST_REQUESTS} requests are already waiting for the store`))
    }
    return new Promise((resolve, reject) => {
      const id = ++lastId
      waiters.set(id, { resolve, reject })
      ask(id)
    })
  }

  const call = (operation: string, args: readonly unknown[]) =>
    replyTo((id) => {
      // Requests of one turn of the event loop are sent together.
      if (unsent.length === 0) {
        queueMicrotask(() => {
          const requests = unsent
          unsent = []
          post({ kind: 'requests', requests })
        })
      }
      unsent.push({ id, operation, args })
    })

  const functions = operations.map((name) => [name, (...args: readonly unknown[]) => call(name, args)] as const)
  return {
    lost,
    remote: Object.fromEntries(functions) as unknown as Remote,
    async snapshot(path) {
      await replyTo((id) => post({ kind: 'snapshot', id, path }))
    },
    async close() {
      if (!stopped && !isClosing) queueMicrotask(() => post({ kind: 'close' }))
      isClosing = true
      if (!stopped) await new Promise((resolve) => worker.once('exit', resolve))
    },
  }
}
