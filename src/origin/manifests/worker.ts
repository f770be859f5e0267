import { Worker } from 'node:worker_threads'
import type { SegmentRange } from '../../archive/reader.ts'
import type { Clock } from '../../clock.ts'
import { type ContentKeys, NoContentKey } from '../../packaging/content-keys.ts'
import type { RangeQuestion, RangeSource, Rendered, RenderJob, RenderReply, RenderRequest } from './worker-messages.ts'

/** Memory of the thread, and what it has of that for what is soon forgotten, which V8 by itself would double. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 24 }

type Job = {
  readonly source: RangeSource
  readonly done: PromiseWithResolvers<Rendered>
  /** The error of what could not be read, kept because only its message can pass through the thread. */
  failure?: unknown
}

/**
 * Writes manifests of windows of any length in a thread of its own. It starts when it is first needed, or is to be
 * soon: until somebody plays, it would only take memory. When it ends, the manifests in it fail; the next request
 * starts another.
 */
export class ManifestWorker {
  private readonly rendering = new Map<number, Job>()
  private thread: Worker | undefined
  private lastId = 0
  private readonly keys: Pick<ContentKeys, 'describe'>
  private readonly clock: Clock

  constructor(keys: Pick<ContentKeys, 'describe'>, clock: Clock) {
    this.keys = keys
    this.clock = clock
  }

  /** Starts the thread where there is none, which takes a fifth of a second that no window should wait for. */
  prepare(): void {
    this.running()
  }

  /** Writes a manifest. The caller bounds how many are written at the same time: memory holds the windows of all. */
  async render({
    endpoint,
    path,
    segmentRange,
    style,
  }: Omit<RenderJob, 'segmentRange'> & { segmentRange: SegmentRange }): Promise<Rendered> {
    const { page: _, summaries, adEventsOf, ...plain } = segmentRange
    const keysOf = (periods: readonly number[]) => this.keys.describe(endpoint, periods)
    const done = Promise.withResolvers<Rendered>()
    const id = ++this.lastId
    this.rendering.set(id, { source: { summaries, adEventsOf, keysOf }, done })
    this.send({ kind: 'job', id, now: this.clock(), job: { endpoint, path, segmentRange: plain, style } })
    return done.promise
  }

  async close(): Promise<void> {
    await this.thread?.terminate()
  }

  private send(message: RenderRequest, moved: ArrayBuffer[] = []): void {
    this.running().postMessage(message, moved)
  }

  private running(): Worker {
    this.thread ??= this.start()
    return this.thread
  }

  private start(): Worker {
    const file = new URL(`./worker-thread${import.meta.url.slice(-3)}`, import.meta.url)
    const thread = new Worker(file, { resourceLimits: RESOURCE_LIMITS })
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
    })
    return thread
  }

  private heard(message: RenderReply): void {
    const job = this.rendering.get(message.id)
    if (message.kind === 'question') {
      const { question } = message
      if (!job) return
      answerOf(job.source, message).then(
        (answer) => this.send({ kind: 'answer', question, answer }, bytesOf(answer)),
        (error: unknown) => {
          job.failure = error
          this.send({ kind: 'no answer', question, message: String(error) })
        },
      )
      return
    }
    this.rendering.delete(message.id)
    if (message.kind === 'rendered') job?.done.resolve(message.rendered)
    else job?.done.reject(job.failure ?? (message.lacksKey ? new NoContentKey(message.error.message) : message.error))
  }
}

function answerOf(source: RangeSource, question: RangeQuestion): Promise<unknown> {
  switch (question.name) {
    case 'summaries':
      return source.summaries(question.of)
    case 'adEventsOf':
      return source.adEventsOf(question.of)
    case 'keysOf':
      return source.keysOf(question.of)
  }
}

/** A page is moved to the thread: nobody else has it. */
function bytesOf(answer: unknown): ArrayBuffer[] {
  return answer instanceof Uint8Array && answer.buffer instanceof ArrayBuffer ? [answer.buffer] : []
}
