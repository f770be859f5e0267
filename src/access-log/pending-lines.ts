import type { DroppedLines } from './dropped-lines.ts'
import type { AccessLine } from './sink.ts'

/** Most bytes of lines that wait to be written, of all log groups. */
const MOST_PENDING = 16 * 1024 * 1024
const MOST_BATCH = 1024 * 1024

type Options = {
  /** For how long the first line waits for others. */
  readonly delayMs: number
  /** Bytes of one group's lines that are written without waiting for others. */
  readonly batchSize: number
  /** Most bytes that are written together, where lines have come while others were written; 1 MiB by default. */
  readonly mostBatchSize?: number
  /** Writes lines of a group, one call at a time. Never rejects: what it cannot write it counts. */
  readonly write: (group: string, lines: readonly AccessLine[]) => Promise<void>
  readonly dropped: DroppedLines
  readonly mostPending?: number
}

/** Collects lines by log group, and passes them on together. Lines beyond the bound are dropped. */
export class PendingLines {
  private readonly options: Options
  private readonly mostPending: number
  private waiting = new Map<string, { readonly lines: AccessLine[]; size: number }>()
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
      batch = { lines: [], size: 0 }
      this.waiting.set(group, batch)
    }
    batch.lines.push(line)
    batch.size += size
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
    for (const [group, { lines }] of batches) {
      for (const { part, size } of partsOf(lines, this.options.mostBatchSize ?? MOST_BATCH)) {
        await this.options.write(group, part)
        this.size -= size
      }
    }
    this.writing = undefined
    // Lines that came meanwhile have no timer.
    const isFull = [...this.waiting.values()].some(({ size }) => size >= this.options.batchSize)
    if (this.waiting.size > 0) this.timer ??= setTimeout(() => void this.flush(), isFull ? 0 : this.options.delayMs)
  }
}

/** Consecutive lines, divided where they come to so much. */
function* partsOf(
  lines: readonly AccessLine[],
  most: number,
): Generator<{ part: readonly AccessLine[]; size: number }> {
  let begin = 0
  let size = 0
  for (const [at, line] of lines.entries()) {
    size += line.size
    if (size < most && at < lines.length - 1) continue
    yield { part: lines.slice(begin, at + 1), size }
    begin = at + 1
    size = 0
  }
}
