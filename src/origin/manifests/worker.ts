import { Worker } from 'node:worker_threads'
import type { SegmentRange } from '../../archive/reader.ts'
import type { Rendered, RenderJob, RenderReply, RenderRequest } from './worker-messages.ts'

/**
 * Manifests written at the same time: one can wait for the index while another is written. Memory holds this many
 * windows.
 */
const AT_ONCE = 2
/** Manifests that may wait; more means that windows are requested faster than they can be written. */
const MOST_WAITING = 64
const MOST_MEGABYTES = 1024

/** Thrown when too many manifests are waiting. */
export class ManifestWorkerBusy extends Error {
  override readonly name = 'ManifestWorkerBusy'
}

type Job = {
  readonly work: RenderJob
  readonly summaries: SegmentRange['summaries']
  readonly done: PromiseWithResolvers<Rendered>
  /** The error of a page that could not be read, kept because only its message can pass through the thread. */
  failure?: unknown
}

/**
 * Writes manifests of windows of any length in a thread of its own. When the thread ends, the manifests in it fail,
 * and the next request starts another.
 */
export class ManifestWorker {
  private readonly waiting: Job[] = []
  private readonly rendering = new Map<number, Job>()
  private thread: Worker | undefined
  private lastId = 0

  constructor() {
    this.thread = this.start()
  }

  /** Writes a manifest. Throws ManifestWorkerBusy. */
  async render({
    endpoint,
    path,
    segmentRange,
    style,
  }: Omit<RenderJob, 'segmentRange'> & { segmentRange: SegmentRange }): Promise<Rendered> {
    if (this.waiting.length >= MOST_WAITING) throw new ManifestWorkerBusy('too many manifests are being written')
    const { page: _, summaries, ...plain } = segmentRange
    const done = Promise.withResolvers<Rendered>()
    this.waiting.push({ work: { endpoint, path, segmentRange: plain, style }, summaries, done })
    this.next()
    return done.promise
  }

  async close(): Promise<void> {
    await this.thread?.terminate()
  }

  private next(): void {
    while (this.rendering.size < AT_ONCE) {
      const job = this.waiting.shift()
      if (!job) return
      const id = ++this.lastId
      this.rendering.set(id, job)
      this.send({ kind: 'job', id, job: job.work })
    }
  }

  private send(message: RenderRequest): void {
    this.thread ??= this.start()
    this.thread.postMessage(message)
  }

  private start(): Worker {
    const file = new URL(`./worker-thread${import.meta.url.slice(-3)}`, import.meta.url)
    const thread = new Worker(file, { resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES } })
    let reason = new Error('the thread that writes manifests has ended')
    thread.unref()
    thread.on('message', (message: RenderReply) => this.heard(message))
    thread.on('error', (error) => {
      reason = error as Error
    })
    thread.on('exit', () => {
      this.thread = undefined
      const lost = [...this.rendering.values()]
      this.rendering.clear()
      for (const { done } of lost) done.reject(reason)
      this.next()
    })
    return thread
  }

  private heard(message: RenderReply): void {
    const job = this.rendering.get(message.id)
    if (message.kind === 'page') {
      const { page, range } = message
      job?.summaries(range).then(
        (json) => this.send({ kind: 'page', page, json }),
        (error: unknown) => {
          job.failure = error
          this.send({ kind: 'no page', page, message: String(error) })
        },
      )
      return
    }
    this.rendering.delete(message.id)
    if (message.kind === 'rendered') job?.done.resolve(message.rendered)
    else job?.done.reject(job.failure ?? message.error)
    this.next()
  }
}
