import type { ArchiveReader } from '../../archive/reader.ts'
import type { Clock } from '../../clock.ts'
import type { HarvestFailure } from '../../model/harvest-failure.ts'
import type { HarvestForecast } from '../../model/harvest-forecast.ts'
import type { HarvestJob } from '../../model/harvest-job.ts'
import type { AssetNames } from '../../model/harvest-run.ts'
import { type ContentKeys, NoContentKey } from '../../packaging/content-keys.ts'
import {
  type AssetFormat,
  NoDecoder,
  NoEncoder,
  type PictureDecoder,
  type PictureEncoder,
} from '../../packaging/output-format.ts'
import type { SourceMedia } from '../../packaging/segments/source-media.ts'
import type { OpenSpool } from '../../packaging/spool.ts'
import { BucketRefused, type Buckets } from '../../stores/buckets.ts'
import type { HarvestRecords } from '../../stores/harvest-records.ts'
import { keyedSummary } from '../asset/encryption.ts'
import { edgesOf, LostAtEdge } from '../asset/exact.ts'
import { assetFiles } from '../asset/files.ts'
import { takeInventory } from '../asset/inventory.ts'
import { freeNames, takenKind } from '../asset/names.ts'
import { applyOptions, gapsOf, planOf } from '../asset/plan.ts'
import { HarvestFailed, withoutKey } from '../harvest-failed.ts'
import { assetWindowSoFar } from '../window/asset-window.ts'

export type PreflightDeps = {
  readonly archive: ArchiveReader
  readonly media: SourceMedia
  readonly contentKeys: ContentKeys
  readonly openSpool: OpenSpool
  readonly decoder: PictureDecoder
  readonly encoder: PictureEncoder
  readonly formatOf: (job: HarvestJob) => AssetFormat | undefined
  readonly buckets: Buckets
  readonly clock: Clock
  readonly resources: Pick<HarvestRecords, 'bucketKeysOwner'>
}

/** Forecasts what would become of a job if it ran now, without writing or waiting. */
export async function forecast(job: HarvestJob, deps: PreflightDeps, signal: AbortSignal): Promise<HarvestForecast> {
  const failures: HarvestFailure[] = []
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (error instanceof HarvestFailed) failures.push(error.failure)
      else if (error instanceof NoDecoder || error instanceof NoEncoder)
        failures.push({ code: error.name, message: error.message })
      else if (error instanceof NoContentKey) failures.push(withoutKey(error))
      else if (error instanceof BucketRefused) failures.push({ code: error.code, message: error.message })
      else throw error
      return undefined
    }
  }

  const overwrites = await attempt(async () => {
    const bucket = await deps.buckets.open(job.s3Destination, signal)
    return (await bucket.tagOf(job.s3Destination.manifestKey, signal)) != null
  })
  if (job.options?.deliverables?.some(({ kind }) => kind === 'STILLS')) await attempt(() => deps.decoder.check())
  if (job.options?.cut === 'FRAME_EXACT') await attempt(() => deps.encoder.check())
  const content = await attempt(() => contentOf(job, deps, signal))
  return {
    failures,
    isWaiting: content?.isWaiting ?? false,
    ...(overwrites !== undefined && { overwrites }),
    ...(content?.plan && { plan: content.plan, tracks: content.tracks }),
  }
}

async function contentOf(job: HarvestJob, deps: PreflightDeps, signal: AbortSignal) {
  const format = deps.formatOf(job)
  if (!format) {
    const message = `The packaging of origin endpoint ${job.originEndpointId} is not supported yet.`
    throw new HarvestFailed('CannotPackage', message)
  }
  const { window, isWaiting } = await assetWindowSoFar(job, deps)
  if (!window) return { isWaiting }
  const gaps = await gapsOf(job, window)
  const shown = isWaiting ? window : await applyOptions(job, window)
  const { encoder: _, ...planning } = deps
  const edges = isWaiting ? undefined : await plannedEdges(job, shown, planning, signal)
  const summary = await keyedSummary(job, shown, edges, deps.contentKeys)
  const filesUnder = (names: AssetNames) => assetFiles(job, { format, names, edges }, summary, deps)
  const names = await freeNames(job, shown, (names) =>
    takenKind(job, { files: filesUnder(names), window: shown, names }, deps.resources),
  )
  const inventory = await takeInventory({ job, files: filesUnder(names), window: shown, names }, async () => {})
  // Media that has not arrived yet is no gap.
  const endOf = (range: number | undefined) => (job.ranges?.[range ?? 0] ?? job).end
  const met = isWaiting ? gaps.filter(({ end, track, range }) => track !== undefined || end < endOf(range)) : gaps
  const plan = planOf({ job, edges }, shown, inventory, met)
  const tracks = [...inventory.tracks].map(([name, segments]) => ({ name, segments, written: 0 }))
  return { isWaiting, plan, tracks }
}

/** The edges as far as they can be planned: what the archive turns out to have lost is noticed by the job. */
async function plannedEdges(...asked: Parameters<typeof edgesOf>): ReturnType<typeof edgesOf> {
  try {
    return await edgesOf(...asked)
  } catch (error) {
    if (error instanceof LostAtEdge) return undefined
    throw error
  }
}
