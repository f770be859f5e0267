import type { DroppedLines } from './dropped-lines.ts'
import { LineBatch, type WrittenLines } from './line-batch.ts'
import type { AccessLine } from './sink.ts'

/** Most bytes of lines that wait to be written, of all log groups. */
const MOST_PENDING = 16 * 1024 * 1024
const MOST_BATCH = 1024 * 1024
/** Batches whose memory is kept for others: one is collected while another is written. */
const MOST_SPARE = 2

type Options = {
  /** For how long the first line waits for others. */
  readonly delayMs: number
  /** Bytes of one group's lines that are written without waiting for others. */
  readonly batchSize: number
  /** Most bytes that are written together, where lines have come while others were written; 1 MiB by default. */
  readonly mostBatchSize?: number
  /** Writes lines of a group, one call at a time. Never rejects: what it cannot write it counts. */
  readonly write: (group: string, lines: WrittenLines) => Promise<void>
  readonly dropped: DroppedLines
  readonly mostPending?: number
}

/** Collects lines by log group, and passes them on together. Lines beyond the bound are dropped. */
export class PendingLines {
  private readonly options: Options
  private readonly mostPending: number
  private waiting = new Map<string, LineBatch>()
  private readonly spare: LineBatch[] = []
  private size = 0
  private timer: NodeJS.Timeout | undefined
  private writing: Promise<void> | undefined

  constructor(options: Options) {
    this.options = options
    this.mostPending = options.mostPending ?? MOST_PENDING
  }

  add(group: string, line: AccessLine): void {
    const { size } = line
    if (this.size + size > this.mostPending) {
      this.options.dropped.count(1, 'too many lines wait to be written')
      return
    }
    this.size += size
    let batch = this.waiting.get(group)
    if (!batch) {
      batch = this.spare.pop() ?? new LineBatch((error) => this.options.dropped.count(1, error))
      this.waiting.set(group, batch)
    }
    batch.add(line)
    if (this.writing) return
    if (batch.size >= this.options.batchSize) void this.flush()
    else this.timer ??= setTimeout(() => void this.flush(), this.options.delayMs)
  }

  /** Resolves when all lines that have been added so far are written, or dropped. */
  async flush(): Promise<void> {
    while (this.writing) await this.writing
    clearTimeout(this.timer)
    this.timer = undefined
    if (this.waiting.size === 0) return
    const batches = this.waiting
    this.waiting = new Map()
    this.writing = this.write(batches)
    await this.writing
  }

  private async write(batches: typeof this.waiting): Promise<void> {
    for (const [group, batch] of batches) {
      for (const part of batch.parts(this.options.mostBatchSize ?? MOST_BATCH)) await this.options.write(group, part)
      this.size -= batch.size
      batch.clear()
      if (this.spare.length < MOST_SPARE) this.spare.push(batch)
    }
    this.writing = undefined
    // Lines that came meanwhile have no timer.
    const isFull = [...this.waiting.values()].some(({ size }) => size >= this.options.batchSize)
    if (this.waiting.size > 0) this.timer ??= setTimeout(() => void this.flush(), isFull ? 0 : this.options.delayMs)
  }
}
