import { isPresentation } from '../../model/deliverable.ts'
import { deliverablesOf, type HarvestJob } from '../../model/harvest-job.ts'
import { LostMedia } from '../../model/lost-media.ts'
import { assetCuts } from '../../packaging/deliverables/asset-format.ts'
import { bestVideo, presentTracks } from '../../packaging/deliverables/present-tracks.ts'
import { type ExactEdges, exactEdges } from '../../packaging/exact/exact-edges.ts'
import { SourcePictures } from '../../packaging/exact/source-pictures.ts'
import { CannotCut, NoEncoder, type PictureEncoder, type SegmentBatch } from '../../packaging/output-format.ts'
import type { SourceMedia } from '../../packaging/segments/source-media.ts'
import type { OpenSpool } from '../../packaging/spool.ts'
import { HarvestFailed } from '../harvest-failed.ts'
import type { HarvestWindow } from '../window/harvest-window.ts'

export type ExactDeps = {
  readonly media: Pick<SourceMedia, 'lend'>
  readonly openSpool: OpenSpool
  /** Absent where it is only asked whether it can be done. */
  readonly encoder?: PictureEncoder
}

/** Thrown when a source object that an edge is made of turns out to be lost, with the batch in which it was met. */
export class LostAtEdge extends Error {
  override readonly name = 'LostAtEdge'
  readonly lost: LostMedia
  readonly batch: SegmentBatch

  constructor(lost: LostMedia, batch: SegmentBatch) {
    super(lost.message, { cause: lost })
    this.lost = lost
    this.batch = batch
  }
}

/**
 * The edges of the asset of a job that is cut exactly, with their pictures encoded; undefined for any other job. Throws
 * HarvestFailed, LostAtEdge, and as the signal aborts.
 */
export async function edgesOf(
  job: HarvestJob,
  window: HarvestWindow,
  { media, openSpool, encoder }: ExactDeps,
  signal: AbortSignal,
): Promise<ExactEdges | undefined> {
  const { endpoint } = job
  const { summary } = window
  const cuts = job.options?.cut === 'FRAME_EXACT' ? assetCuts(job, summary) : undefined
  if (!cuts) return undefined
  const tracksOf = presentTracks({ endpoint, window: summary })
  const needsAll = deliverablesOf(job)?.some(
    ({ deliverable }) =>
      isPresentation(deliverable) || (deliverable.kind === 'MP4' && deliverable.renditions === 'ALL'),
  )
  let batch: SegmentBatch | undefined
  const batches = async function* (after?: number): AsyncGenerator<SegmentBatch> {
    for await (batch of window.batches(after)) yield batch
  }
  try {
    return await exactEdges(
      {
        window: summary,
        cuts,
        tracksOf: (era) => {
          const { video } = tracksOf(era)
          const best = bestVideo(video)
          return needsAll === false ? (best ? [best] : []) : video
        },
        source: new SourcePictures(batches, media),
        openSpool,
        encoder,
      },
      signal,
    )
  } catch (error) {
    if (error instanceof CannotCut || error instanceof NoEncoder) throw new HarvestFailed(error.name, error.message)
    if (error instanceof LostMedia && batch) throw new LostAtEdge(error, batch)
    throw error
  }
}
