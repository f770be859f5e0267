import { NoDecoder, type SegmentBatch } from '../../packaging/output-format.ts'
import { BucketRefused } from '../../stores/buckets.ts'
import type { ObjectBody } from '../../stores/object-body.ts'
import { isDiskFull } from '../../stores/resources.ts'
import { HarvestFailed } from '../harvest-failed.ts'
import type { HarvestWindow } from '../window/harvest-window.ts'
import type { WholeFileObject } from './files.ts'

/** Of a window, for its sample tables and for its samples. What needs one is done at half of it. */
const READINGS = 2

/** Readings of a window for one file, and how far the last one has come. */
export class WindowReading {
  /** The batch whose segments are being read. */
  batch: SegmentBatch | undefined
  private readonly window: HarvestWindow
  private readonly told: (share: number) => void
  readonly signal: AbortSignal
  private read = 0

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
      if (after === undefined) this.count(batch.segments.length)
    }
  }

  private count(segments: number): void {
    const all = READINGS * this.window.summary.segments.length
    const before = Math.floor((100 * this.read) / all)
    this.read = Math.min(all, this.read + segments)
    const percent = Math.floor((100 * this.read) / all)
    if (percent !== before) this.told(percent / 100)
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
      await use(body)
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
