import type { HarvestJob } from '../../model/harvest-job.ts'
import type { AssetNames } from '../../model/harvest-run.ts'
import type { SegmentSummary, SummaryWindow } from '../../model/output-segment.ts'
import { isWithin } from '../../packaging/cuts.ts'
import type { SegmentBatch } from '../../packaging/output-format.ts'
import { HarvestFailed } from '../harvest-failed.ts'
import type { HarvestWindow } from '../window/harvest-window.ts'
import { type AssetFiles, manifestKeys, noStreams, type SegmentKey } from './files.ts'

/** The number of files of an asset. */
export type Inventory = {
  readonly segments: number
  readonly manifests: number
  /** Number of segments of each media playlist. */
  readonly tracks: ReadonlyMap<string, number>
  /** Number of the files of each range's segments, where there are several. */
  readonly byRange?: readonly number[]
}

/** Names passed on at a time. */
const BATCH = 5000

/**
 * Passes on all names of an asset, derived from the summaries of its window: in batches, segments first. Throws
 * HarvestFailed when there are no segments, and when the parent manifest has the name of another file.
 */
export async function takeInventory(
  { job, files, window, names }: { job: HarvestJob; files: AssetFiles; window: HarvestWindow; names: AssetNames },
  found: (keys: readonly string[]) => Promise<void>,
): Promise<Inventory> {
  const tracks = new Map<string, number>()
  const others = namesOnce(job, files, names)
  let segments = 0
  let keys: string[] = []
  const hand = async () => {
    await found(keys)
    keys = []
  }
  const count = async (some: readonly SegmentKey[]) => {
    segments += some.length
    for (const { key, track } of some) {
      tracks.set(track, (tracks.get(track) ?? 0) + 1)
      if (others.has(key)) throw nameClash(key)
      keys.push(key)
    }
    if (keys.length >= BATCH) await hand()
  }
  await count(files.headers)
  const headers = segments
  const byRange = window.summary.ranges?.map(() => 0)
  for await (const batch of window.summaryBatches()) {
    const before = segments
    await count(files.keysOf(batch))
    const range = rangeOfBatch(window.summary, batch)
    if (byRange && range !== undefined) byRange[range]! += segments - before
  }
  for (const { track } of files.wholeFiles) tracks.set(track, (tracks.get(track) ?? 0) + 1)
  segments += files.wholeFiles.length
  if (segments === headers) throw noStreams()
  keys.push(...manifestKeys(job, files, names))
  await hand()
  const manifests = files.manifests.length + (files.parent ? 1 : 0)
  return { segments, manifests, tracks, ...(byRange && { byRange }) }
}

/** The index of the range that a batch is of, in a window of several. */
export function rangeOfBatch(
  { ranges }: SummaryWindow,
  { segments }: SegmentBatch<SegmentSummary>,
): number | undefined {
  const [first] = segments
  const found = first && ranges?.findIndex(({ numbers }) => isWithin(numbers, first))
  return found === undefined || found < 0 ? undefined : found
}

/** The names of the asset except those of its segments and headers. Throws HarvestFailed when two are one. */
function namesOnce(job: HarvestJob, files: AssetFiles, names: AssetNames): ReadonlySet<string> {
  const seen = new Set<string>()
  for (const key of manifestKeys(job, files, names)) {
    if (seen.has(key)) throw nameClash(key)
    seen.add(key)
  }
  return seen
}

function nameClash(key: string): HarvestFailed {
  return new HarvestFailed('NameClash', `Two files of the asset would have the name ${key}.`)
}
