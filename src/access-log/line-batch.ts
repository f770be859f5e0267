import type { UtcMs } from '../media/time.ts'
import { LineWriter } from './line-writer.ts'
import type { AccessLine } from './sink.ts'

/**
 * Lines that are written in turn. To write each between requests takes twice as long, as its code is in no cache of the
 * processor; more of them would live until V8 has to move them.
 */
const IN_TURN = 16

/** Consecutive lines, as they are written. Valid until the call that was given them is over. */
export type WrittenLines = {
  /** JSON objects, each with a line feed, in UTF-8. */
  readonly bytes: Uint8Array
  /** Of each line, when its request was received. */
  readonly times: readonly UtcMs[]
  /** Where each line ends in the bytes. */
  readonly ends: readonly number[]
}

/** Lines of a log group that wait for others. Its memory is used again. */
export class LineBatch {
  /** About the bytes that its lines take. */
  size = 0
  private unwritten: AccessLine[] = []
  private readonly writer = new LineWriter()
  private readonly failed: (error: unknown) => void
  private times: UtcMs[] = []
  private ends: number[] = []

  /** `failed` is told of each line that cannot be written, which is left out. */
  constructor(failed: (error: unknown) => void) {
    this.failed = failed
  }

  add(line: AccessLine): void {
    this.size += line.size
    this.unwritten.push(line)
    if (this.unwritten.length === IN_TURN) this.writeAll()
  }

  /** All lines, in parts of at most so many bytes, or of one line that is longer. */
  *parts(mostBytes: number): Generator<WrittenLines> {
    this.writeAll()
    const { times, ends } = this
    const all = this.writer.bytes
    let [first, begin] = [0, 0]
    for (const [at, end] of ends.entries()) {
      const next = ends[at + 1]
      if (next !== undefined && next - begin <= mostBytes) continue
      const own = ends.slice(first, at + 1).map((each) => each - begin)
      yield { bytes: all.subarray(begin, end), times: times.slice(first, at + 1), ends: own }
      first = at + 1
      begin = end
    }
  }

  /** Forgets its lines. */
  clear(): void {
    this.size = 0
    this.unwritten = []
    this.writer.clear()
    this.times = []
    this.ends = []
  }

  private writeAll(): void {
    for (const line of this.unwritten) {
      const begin = this.writer.length
      try {
        line.writeTo(this.writer)
      } catch (error) {
        this.writer.cut(begin)
        this.failed(error)
        continue
      }
      this.times.push(line.at)
      this.ends.push(this.writer.length)
    }
    this.unwritten.length = 0
  }
}
