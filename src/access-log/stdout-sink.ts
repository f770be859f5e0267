import type { Writable } from 'node:stream'
import { settledWithin } from '../concurrency/settled-within.ts'
import type { DroppedLines } from './dropped-lines.ts'
import type { WrittenLines } from './line-batch.ts'
import { PendingLines } from './pending-lines.ts'
import type { AccessLine, AccessLogSink } from './sink.ts'

const BATCH_SIZE = 64 * 1024
const DELAY_MS = 200
/** How long a reader may take for the last lines. */
const CLOSE_MS = 1000

/** Writes access logs of all groups to one stream, which is standard output. */
export class StdoutSink implements AccessLogSink {
  private readonly stream: Writable
  private readonly dropped: DroppedLines
  private readonly pending: PendingLines

  constructor({ stream, dropped }: { stream: Writable; dropped: DroppedLines }) {
    this.stream = stream
    this.dropped = dropped
    this.pending = new PendingLines({
      delayMs: DELAY_MS,
      batchSize: BATCH_SIZE,
      dropped,
      write: (_, lines) => this.pass(lines),
    })
    // Each write is told of its failure too.
    stream.on('error', () => {})
  }

  write(group: string, line: AccessLine): void {
    this.pending.add(group, line)
  }

  /** The stream stays what it is. */
  async reopen(): Promise<void> {}

  async close(): Promise<void> {
    await settledWithin(CLOSE_MS, this.pending.flush())
  }

  /** Resolves when the reader has taken the lines, or will not. */
  private pass({ bytes, ends }: WrittenLines): Promise<void> {
    return new Promise((resolve) => {
      // A stream may keep what it is given.
      this.stream.write(Buffer.from(bytes), (error) => {
        if (error) this.dropped.count(ends.length, error)
        resolve()
      })
    })
  }
}
