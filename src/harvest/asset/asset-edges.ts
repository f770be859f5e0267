import type { ArchiveReader } from '../../archive/reader.ts'
import type { ExactEdges } from '../../packaging/exact/exact-edges.ts'
import type { HarvestWindow } from '../window/harvest-window.ts'
import { type ExactDeps, edgesOf, LostAtEdge } from './exact.ts'
import { lossesBy, withoutLosses } from './losses.ts'
import type { Attempt } from './writer.ts'

type EdgeDeps = ExactDeps & { readonly archive: Pick<ArchiveReader, 'replacements'> }

/** The edges of the asset of a job where that is cut exactly: their pictures are encoded once in each attempt. */
export class AssetEdges {
  /** Those of the window that was asked for last; undefined where it has none. */
  found: ExactEdges | undefined
  private readonly attempt: Attempt
  private readonly deps: EdgeDeps
  private readonly signal: AbortSignal

  constructor(attempt: Attempt, deps: EdgeDeps, signal: AbortSignal) {
    this.attempt = attempt
    this.deps = deps
    this.signal = signal
  }

  /**
   * Finds the edges of a window; gives the window, without what has turned out to be lost in them. Throws
   * HarvestFailed, and as the signal aborts.
   */
  async of(window: HarvestWindow): Promise<HarvestWindow> {
    const { job, checkpoint } = this.attempt
    await this.close()
    try {
      this.found = await edgesOf(job, window, this.deps, this.signal)
      return window
    } catch (error) {
      if (!(error instanceof LostAtEdge)) throw error
      const { lost, batch } = error
      const tried = new Set([...checkpoint.losses.map(({ key }) => key), lost.key])
      const losses = await lossesBy(lost, { job, batch, window }, this.deps.archive, tried)
      if (losses.length === 0) throw lost
      checkpoint.lose(losses)
      await checkpoint.save()
      return this.of(await withoutLosses(job, window, checkpoint.losses))
    }
  }

  /** Frees what is kept of encoded pictures. */
  async close(): Promise<void> {
    await this.found?.close()
    this.found = undefined
  }
}
