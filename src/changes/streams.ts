import {
  changesText,
  eventId,
  idText,
  KEEP_ALIVE,
  numberOfId,
  type ResetReason,
  resetText,
  retryText,
} from './event-text.ts'
import type { RecentChanges } from './recent-changes.ts'

/** Streams of one process; each takes a connection and some kilobytes. */
export const MOST_STREAMS = 100
/** Changes that are written at once: 50 kB at most. What is behind waits in the memory that all streams share. */
const MOST_AT_ONCE = 500
/** Time without an event after which a comment is sent. */
const KEEP_ALIVE_MS = 15_000
/** Time without progress after which a client is cut off. */
const STALL_MS = 30_000
/** How often streams are looked after. */
const TICK_MS = 1000
/** How long clients wait before they connect again: a little more each, so that not all do at once. */
const RETRY_MS = { least: 2000, step: 125, steps: 16 }

/** Headers of the response that a stream is. */
export const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  // nginx would collect what it passes on.
  'x-accel-buffering': 'no',
} as const

/** The part of an HTTP response that is used here. */
export type StreamResponse = {
  readonly destroyed: boolean
  readonly writableNeedDrain: boolean
  write(text: string): unknown
  end(text?: string): unknown
  destroy(): unknown
  on(event: 'close' | 'drain', listener: () => void): unknown
}

type Stream = {
  readonly response: StreamResponse
  readonly retryMs: number
  /** When the stream ends, by the stopwatch. */
  readonly endsAt: number
  /** The number of the last change that was written. */
  number: number
  wroteAt: number
  /** Since when the client has read nothing; undefined while it can take more. */
  blockedSince: number | undefined
  /** Set when the end was written; the client may not have read that yet. */
  endedAt: number | undefined
}

/** Events from one change to another, as they were made when there was a last one. */
type Piece = { readonly from: number; readonly to: number; readonly last: number; readonly text: string }

export type ChangeStreamsOptions = {
  readonly recent: RecentChanges
  /** Tells ids of this process from others: up to 64 digits and lower-case letters. */
  readonly processId: string
  /** Milliseconds by a clock that only passes. */
  readonly stopwatch: () => number
}

/**
 * The open streams of changes, as server-sent events. A stream holds nothing but its place: what its client has not
 * read yet waits in `recent`. A client that reads so slowly that it is not there any more is told that it cannot go on.
 */
export class ChangeStreams {
  private readonly options: ChangeStreamsOptions
  private readonly streams = new Set<Stream>()
  private ticking: NodeJS.Timeout | undefined
  private opened = 0
  private lastPiece: Piece | undefined
  private isEnded = false

  constructor(options: ChangeStreamsOptions) {
    this.options = options
  }

  get size(): number {
    return this.streams.size
  }

  /** True when no more can be opened. */
  get isFull(): boolean {
    return this.streams.size >= MOST_STREAMS
  }

  /**
   * Opens a stream in a response whose head is written. It goes on after the event with the id `after`, or begins now,
   * and ends after `lastsMs`. Resolves when it has ended, or its client has left.
   */
  async open(
    response: StreamResponse,
    { after, lastsMs }: { readonly after?: string | undefined; readonly lastsMs: number },
  ): Promise<void> {
    // It tells of its end no more.
    if (response.destroyed) return
    const { recent, processId, stopwatch } = this.options
    const now = stopwatch()
    const resumed = after === undefined ? recent.last : numberOfId(processId, after)
    const isThere = typeof resumed === 'number' && recent.after(resumed, 1) !== undefined
    const number = isThere ? resumed : recent.last
    const retryMs = RETRY_MS.least + (this.opened++ % RETRY_MS.steps) * RETRY_MS.step
    const stream: Stream = {
      response,
      retryMs,
      endsAt: now + lastsMs,
      number,
      wroteAt: now,
      blockedSince: undefined,
      endedAt: undefined,
    }
    const closed = new Promise<void>((resolve) => response.on('close', resolve))
    response.on('drain', () => {
      stream.blockedSince = undefined
      this.send(stream)
    })
    this.streams.add(stream)
    // An answer of another status would keep EventSource from ever trying again.
    if (this.isEnded) this.end(stream)
    this.ticking ??= setInterval(() => this.tick(), TICK_MS).unref()
    const id = eventId(processId, number)
    const reason: ResetReason = typeof resumed === 'string' ? resumed : 'TOO_LONG_AGO'
    this.write(stream, retryText(retryMs) + (isThere ? idText(id) : resetText(id, reason)))
    this.send(stream)
    await closed
    this.streams.delete(stream)
    if (this.streams.size > 0) return
    clearInterval(this.ticking)
    this.ticking = undefined
  }

  /** Writes what is new to every stream whose client can take it. */
  flush(): void {
    for (const stream of this.streams) this.send(stream)
  }

  /** Keeps connections alive, and ends what is to end. */
  tick(): void {
    const now = this.options.stopwatch()
    for (const stream of this.streams) {
      const stuckSince = stream.endedAt ?? stream.blockedSince
      if (stuckSince !== undefined && now - stuckSince >= STALL_MS) stream.response.destroy()
      else if (now >= stream.endsAt) this.end(stream)
      else if (now - stream.wroteAt >= KEEP_ALIVE_MS) this.write(stream, KEEP_ALIVE)
    }
  }

  /** Ends all streams, and those that are opened from now on, so that clients connect again, elsewhere or later. */
  endAll(): void {
    this.isEnded = true
    for (const stream of this.streams) this.end(stream)
  }

  private send(stream: Stream): void {
    const { recent } = this.options
    while (canTake(stream) && stream.number < recent.last) {
      const { text, to } = this.piece(stream.number)
      stream.number = to
      this.write(stream, text)
    }
  }

  /** What follows a change, as far as it is written at once. Most streams are at the same place. */
  private piece(from: number): Piece {
    const { recent, processId } = this.options
    if (this.lastPiece?.from === from && this.lastPiece.last === recent.last) return this.lastPiece
    const changes = recent.after(from, MOST_AT_ONCE)
    const to = changes ? changes.at(-1)!.number : recent.last
    const text = changes ? changesText(processId, changes) : resetText(eventId(processId, to), 'TOO_LONG_AGO')
    this.lastPiece = { from, to, last: recent.last, text }
    return this.lastPiece
  }

  private write(stream: Stream, text: string): void {
    const { response } = stream
    if (!canTake(stream)) return
    const now = this.options.stopwatch()
    response.write(text)
    stream.wroteAt = now
    if (response.writableNeedDrain) stream.blockedSince ??= now
  }

  private end(stream: Stream): void {
    if (canTake(stream)) {
      stream.endedAt = this.options.stopwatch()
      stream.response.end(retryText(stream.retryMs))
    } else if (stream.endedAt === undefined) stream.response.destroy()
  }
}

/** True while a stream goes on, and its client reads. */
function canTake({ response, blockedSince, endedAt }: Stream): boolean {
  return !response.destroyed && blockedSince === undefined && endedAt === undefined
}
