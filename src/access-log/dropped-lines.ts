import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Counter } from '../metrics.ts'

const INTERVAL_MS = 1000

/** Counts the lines that a sink drops, and logs their number at most once a second. */
export class DroppedLines {
  private readonly sink: string
  private readonly counter: Counter
  private readonly clock: Clock
  private readonly log: Log
  private loggedAt = Number.NEGATIVE_INFINITY
  private unlogged = 0
  private reason = ''

  constructor(sink: string, { counter, clock, log }: { counter: Counter; clock: Clock; log: Log }) {
    this.sink = sink
    this.counter = counter
    this.clock = clock
    this.log = log
  }

  count(lines: number, reason: unknown): void {
    if (lines === 0) return
    this.counter.add(lines)
    this.unlogged += lines
    this.reason = reason instanceof Error ? reason.message : String(reason)
    const now = this.clock()
    if (now - this.loggedAt < INTERVAL_MS) return
    this.loggedAt = now
    this.flush()
  }

  /** Logs what has only been counted so far. */
  flush(): void {
    if (this.unlogged === 0) return
    const { sink, unlogged: lines, reason } = this
    this.log.warn({ event: 'access-log-dropped', sink, lines, reason }, 'lines of access logs were dropped')
    this.unlogged = 0
  }
}
