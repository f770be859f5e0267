import { NoDecoder, type SegmentBatch } from '../../packaging/output-format.ts'
import type { ObjectBody } from '../../stores/object-body.ts'
import { HarvestFailed } from '../harvest-failed.ts'
import type { HarvestWindow } from '../window/harvest-window.ts'
import type { WholeFileObject } from './files.ts'

/** Readings of a window for one file, and how far the last one has come. */
export class WindowReading {
  /** The batch whose segments are being read. */
  batch: SegmentBatch | undefined
  private readonly window: HarvestWindow
  readonly signal: AbortSignal

  constructor(window: HarvestWindow, signal: AbortSignal) {
    this.window = window
    this.signal = signal
  }

  async *batches(after?: number): AsyncGenerator<SegmentBatch> {
    for await (const batch of this.window.batches(after)) {
      this.signal.throwIfAborted()
      this.batch = batch
      yield batch
    }
  }
}

/**
 * Calls `use` with the body of a file, and frees what it has taken. Throws LostMedia, HarvestFailed, and as `use` does.
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
    throw error instanceof NoDecoder ? new HarvestFailed('NoDecoder', error.message) : error
  }
}
