import type { Loss } from '../../model/harvest-losses.ts'
import type { SegmentSummary, SummaryWindow } from '../../model/output-segment.ts'
import type { SegmentBatch } from '../../packaging/output-format.ts'
import type { SegmentSource } from '../../packaging/paged-window.ts'

/** The output segments of an asset, as `PagedWindow` reads those of one range. */
export type HarvestWindow = {
  readonly summary: SummaryWindow
  /** The part of the window that these segments are; undefined when it has none, or none of one of its ranges. */
  part(isIn: (segment: SegmentSummary) => boolean): HarvestWindow | undefined
  /** The window with what replaces the objects that the archive has lost, or without them. */
  mended(losses: readonly Loss[]): HarvestWindow
  /** Yields the whole window as summaries, a page of one range at a time; other work runs in between. */
  summaryBatches(): AsyncGenerator<SegmentBatch<SegmentSummary>>
  /**
   * Yields the output segments after `afterNumber`, a page of one range at a time. Throws ContentDeleted when one of
   * them is not there any more.
   */
  batches(afterNumber?: number): AsyncGenerator<SegmentBatch>
  /** Where the archive has a segment of the window. */
  sourceOf(segment: Pick<SegmentSummary, 'number' | 'era'>): SegmentSource | undefined
}
