import { NoDecoder, type SegmentBatch } from '../../packaging/output-format.ts'
import { BucketRefused } from '../../stores/buckets.ts'
import type { ObjectBody } from '../../stores/object-body.ts'
import { isDiskFull } from '../../stores/resources.ts'
import { HarvestFailed } from '../harvest-failed.ts'
import type { HarvestWindow } from '../window/harvest-window.ts'
import type { WholeFileObject } from './files.ts'

/** Readings of a window for one file, and how far that has come: half of it is done when its size is known. */
export class WindowReading {
  /** The batch whose segments are being read. */
  batch: SegmentBatch | undefined
  private readonly window: HarvestWindow
  private readonly told: (share: number) => void
  readonly signal: AbortSignal
  private segments = 0
  private percent = 0

  /** `told` is called with the part of the work that is done, as often as that changes by a hundredth. */
  constructor(window: HarvestWindow, signal: AbortSignal, told: (share: number) => void) {
    this.window = window
    this.signal = signal
    this.told = told
  }

  async *batches(after?: number): AsyncGenerator<SegmentBatch> {
    for await (const batch of this.window.batches(after)) {
      this.signal.throwIfAborted()
      this.batch = batch
      yield batch
      // Pictures are looked for here and there.
      if (after !== undefined) continue
      this.segments += batch.segments.length
      this.tell(Math.min(this.segments / this.window.summary.segments.length, 1) / 2)
    }
  }

  /** The body, whose reading is told as the second half. */
  tellingOf(body: ObjectBody): ObjectBody {
    if (body.kind !== 'stream') return body
    const tell = (sent: number) => this.tell((1 + sent / body.size) / 2)
    return {
      ...body,
      async *open() {
        let sent = 0
        for await (const piece of body.open()) {
          yield piece
          sent += piece.length
          tell(sent)
        }
      },
    }
  }

  private tell(share: number): void {
    const percent = Math.floor(100 * share)
    if (percent <= this.percent) return
    this.percent = percent
    this.told(percent / 100)
  }
}

/**
 * Calls `use` with the body of a file, and frees what it has taken. Throws LostMedia, HarvestFailed, BucketRefused when
 * there is no space for its tables, and as `use` does.
 */
export async function withBody(
  file: WholeFileObject,
  reading: WindowReading,
  use: (body: ObjectBody) => Promise<void>,
): Promise<void> {
  try {
    const body = await file.body((after) => reading.batches(after), reading.signal)
    try {
      await use(reading.tellingOf(body))
    } finally {
      await body.close()
    }
  } catch (error) {
    if (error instanceof NoDecoder) throw new HarvestFailed('NoDecoder', error.message)
    if (isDiskFull(error)) {
      throw new BucketRefused('Full', 'The disk with the data folder is full: files need it for their tables.', {
        cause: error,
      })
    }
    throw error
  }
}
