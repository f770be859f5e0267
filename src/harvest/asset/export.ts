import { isDeepStrictEqual } from 'node:util'
import { utcMs } from '../../media/time.ts'
import { DEFAULT_HARVEST_OPTIONS } from '../../model/harvest-job.ts'
import { isGap } from '../../model/harvest-losses.ts'
import type { AssetNames } from '../../model/harvest-run.ts'
import type { AssetFormat } from '../../packaging/output-format.ts'
import { readWindow } from '../../packaging/paged-window.ts'
import type { Buckets } from '../../stores/buckets.ts'
import type { Resources } from '../../stores/resources.ts'
import { HarvestFailed } from '../harvest-failed.ts'
import { retryTransient } from '../retry.ts'
import { assetWindow, plannedAssetWindow } from '../window/asset-window.ts'
import type { WindowDeps } from '../window/find.ts'
import type { HarvestWindow } from '../window/harvest-window.ts'
import { AssetEdges } from './asset-edges.ts'
import { checkStillClear, keyedSummary } from './encryption.ts'
import { type AssetFiles, assetFiles } from './files.ts'
import type { Inventory } from './inventory.ts'
import { withoutLosses } from './losses.ts'
import { freeNames } from './names.ts'
import { applyOptions, gapsOf, planOf, withinGapPolicy } from './plan.ts'
import { reportFile } from './report-file.ts'
import { AssetWriter, type AssetWriterDeps, type Attempt } from './writer.ts'

export type ExportDeps = WindowDeps &
  AssetWriterDeps & { readonly buckets: Buckets; readonly resources: Pick<Resources, 'originEndpointById'> }

/** A job that follows the live edge looks again once the edge has moved by this share of what it looked at before. */
const FOLLOW_SHARE = 0.02

/** Times a job chooses names again because others have claimed some of them in the meantime. */
const MOST_CLAIMS = 10

/**
 * Writes the asset of a job: segments, then their playlists, then the parent manifest, which becomes durable only
 * after everything it refers to, and is written only while the lease holds. It resumes where the last attempt
 * stopped, and a repeated attempt writes the same bytes. Throws HarvestFailed or BucketRefused, with a message for
 * the job's owner. When the signal aborts, it stops between two objects or inside one and leaves no parent manifest
 * of its own. Where the archive has lost source objects, what the other input has in their place is written, or the gap
 * policy applies. Memory: the summaries of the window, a page of its segments, and one manifest at a time.
 */
export async function exportAsset(
  attempt: Attempt,
  format: AssetFormat,
  deps: ExportDeps,
  signal: AbortSignal,
): Promise<void> {
  const edges = new AssetEdges(attempt, deps, signal)
  try {
    await exportWith(edges, attempt, { ...deps, format }, signal)
  } finally {
    await edges.close()
  }
}

async function exportWith(
  edges: AssetEdges,
  attempt: Attempt,
  deps: ExportDeps & { readonly format: AssetFormat },
  signal: AbortSignal,
): Promise<void> {
  const { job, checkpoint } = attempt
  const { format, contentKeys } = deps
  await checkStillClear(job, deps.resources)
  const bucket = await retryTransient(() => deps.buckets.open(job.s3Destination, signal), deps.sleep, signal)
  const flush = () => retryTransient(() => bucket.flush(), deps.sleep, signal)
  checkpoint.flushWith(flush)
  const writer = new AssetWriter(attempt, bucket, deps)
  const { plan } = checkpoint
  const found = await (plan
    ? plannedAssetWindow(job, plan, deps.archive)
    : settledWindow(writer, attempt, deps, signal))
  let window = await edges.of(await withoutLosses(job, found, checkpoint.losses))
  let summary = await keyedSummary(job, window, edges.found, contentKeys)

  const planned = () => ({ job, edges: edges.found })
  const filesUnder = (names: AssetNames) => assetFiles(job, { format, names, edges: edges.found }, summary, deps)
  if (!plan) {
    const inventory = await claimedNames(writer, attempt, window, filesUnder)
    checkpoint.settle(planOf(planned(), window, inventory, await gapsOf(job, window)), inventory.tracks)
  }
  let files = filesUnder(checkpoint.names ?? {})
  await checkpoint.save()
  /** Applies the losses that are known now to the asset as it was `before`. */
  const mend = async (before: { readonly files: AssetFiles; readonly window: HarvestWindow }) => {
    window = await edges.of(await withoutLosses(job, before.window, checkpoint.losses))
    summary = await keyedSummary(job, window, edges.found, contentKeys)
    files = filesUnder(checkpoint.names ?? {})
    await writer.withdraw(before, { files, window }, signal)
    const inventory = await writer.reclaimNames({ files, window })
    checkpoint.settle(planOf(planned(), window, inventory, await gapsOf(job, window)), inventory.tracks)
    await checkpoint.save()
  }
  if (plan && checkpoint.losses.length > 0) {
    const inventory = await writer.reclaimNames({ files, window })
    const settled = planOf(planned(), window, inventory, await gapsOf(job, window))
    // The last attempt ended between noting a loss and applying it.
    const whole = await keyedSummary(job, found, undefined, contentKeys)
    const unmended = assetFiles(job, { format, names: checkpoint.names ?? {} }, whole, deps)
    if (!isDeepStrictEqual(settled, plan)) await mend({ files: unmended, window: found })
  }
  for (let known = checkpoint.losses; ; ) {
    const gaps = known.filter(isGap).map(({ number }) => number)
    const lostOfSegments = await writer.writeSegments(files, window, signal, gaps)
    const lost = lostOfSegments.length > 0 ? lostOfSegments : await writer.writeWholeFiles(files, window, signal)
    if (lost.length === 0) break
    known = lost
    checkpoint.lose(lost)
    await checkpoint.save()
    await mend({ files, window })
  }
  for (const file of files.manifests) await writer.writeManifest(file, signal)
  const { parent } = files
  const report = async () => {
    await checkpoint.save()
    return reportFile(job, checkpoint, deps.resources, { files, window, summary })
  }
  await checkStillClear(job, deps.resources)
  if (parent && (job.options ?? DEFAULT_HARVEST_OPTIONS).report) await writer.writeManifest(await report(), signal)
  await flush()
  await writer.writeParent(parent ?? (await report()), signal)
  await flush()
  await checkpoint.save()
}

/**
 * Claims the names of an asset whose window is settled, and chooses them unless an earlier attempt has. All are checked
 * before the first is claimed: a job that cannot have them all claims none, unless another takes one in between.
 */
async function claimedNames(
  writer: AssetWriter,
  { job, checkpoint }: Attempt,
  window: HarvestWindow,
  filesUnder: (names: AssetNames) => AssetFiles,
): Promise<Inventory> {
  const chosen = checkpoint.names ?? (checkpoint.hasObjects ? {} : undefined)
  for (let attempt = 1; attempt <= MOST_CLAIMS; attempt++) {
    const names =
      chosen ?? (await freeNames(job, window, (names) => writer.takenKind(filesUnder(names), window, names)))
    const inventory = await writer.claimNames(filesUnder(names), window, names)
    if (inventory) {
      checkpoint.chooseNames(names)
      return inventory
    }
  }
  const message = 'Other assets have taken names of this one, time and again; choose another folder.'
  throw new HarvestFailed('NameTaken', message)
}

/** Finds the window of the asset. While it waits for the rest of the window, it writes the segments already there. */
async function settledWindow(
  writer: AssetWriter,
  { job, checkpoint }: Attempt,
  deps: ExportDeps & { readonly format: AssetFormat },
  signal: AbortSignal,
): Promise<HarvestWindow> {
  let followed: number = job.start
  const follow = async (edge: number) => {
    // What an exact asset begins with is known when its end is.
    if (job.options?.cut === 'FRAME_EXACT') return
    if (edge - followed < FOLLOW_SHARE * (edge - job.start)) return
    followed = edge
    const span = { start: job.start, end: utcMs(Math.min(edge, job.end)) }
    const read = await readWindow(deps.archive, job.endpoint, span)
    if (!read) return
    await checkStillClear(job, deps.resources)
    const window = await withoutLosses(job, await withinGapPolicy(job, read), checkpoint.losses)
    const summary = await keyedSummary(job, window, undefined, deps.contentKeys)
    const filesUnder = (names: AssetNames) => assetFiles(job, { format: deps.format, names }, summary, deps)
    try {
      filesUnder({})
    } catch (error) {
      // The streams to be shown may appear later.
      if (error instanceof HarvestFailed && error.code === 'NoStreams') return
      throw error
    }
    if (!checkpoint.names && !checkpoint.hasObjects) {
      const names = await freeNames(job, window, (names) => writer.takenKind(filesUnder(names), window, names))
      // Once this is saved, later assets leave the endpoint's names in the folder to this one.
      checkpoint.chooseNames(names)
      await checkpoint.save()
      const isTaken = await writer.takenKind(filesUnder(names), window, names)
      if (isTaken || !(await writer.claimManifests(filesUnder(names), names))) {
        checkpoint.chooseNames(undefined)
        return
      }
    }
    const files = filesUnder(checkpoint.names ?? {})
    const lost = await writer.follow(files, window, signal)
    checkpoint.lose(lost)
    // The job fails now if it is going to.
    await withoutLosses(job, window, checkpoint.losses)
  }
  const window = await assetWindow(job, deps, signal, follow)
  return applyOptions(job, window)
}
