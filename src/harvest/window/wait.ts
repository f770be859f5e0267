import type { ArchiveReader } from '../../archive/reader.ts'
import type { Clock } from '../../clock.ts'
import { msFromTicks, type UtcMs } from '../../media/time.ts'
import type { HarvestJob } from '../../model/harvest-job.ts'
import type { ArchiveWindow } from '../../model/output-segment.ts'
import type { Sleep } from '../retry.ts'

const POLL_MS = 250
/** Number of segment durations without new content after which the stream counts as stopped. */
const STOPPED_AFTER_SEGMENTS = 3
const LEAST_STOPPED_AFTER_MS = 15_000

export type WaitDeps = {
  readonly archive: Pick<ArchiveReader, 'extent' | 'live'>
  readonly clock: Clock
  readonly sleep: Sleep
}

/**
 * Waits for the live edge of a job's channel to pass the job's end, and yields each new edge between the job's start
 * and its end. It ends when the edge is past the end, when the stream has ended, and when the end is in the past and
 * no content has arrived for `stoppedAfterMs`. Rejects with the signal's reason when the signal aborts.
 */
export async function* edgesOnTheWay(
  job: HarvestJob,
  { archive, clock, sleep }: WaitDeps,
  signal: AbortSignal,
): AsyncGenerator<UtcMs> {
  let edge: UtcMs | undefined
  // Counted by the pauses: the date may be set meanwhile.
  let sameEdgeMs = 0
  for (;;) {
    // In this order, since the extent is final once the stream has ended.
    const live = await archive.live(job.endpoint, 0)
    const extent = await archive.extent(job.endpoint)
    if (live?.ended || (extent && extent.end >= job.end)) return
    if (extent?.end !== edge) {
      edge = extent?.end
      sameEdgeMs = 0
      if (edge !== undefined && edge > job.start) yield edge
    }
    // Until the job's end, an encoder may pause and come back.
    if (Math.min(sameEdgeMs, clock() - job.end) >= stoppedAfterMs(job, live)) return
    await sleep(POLL_MS, signal)
    sameEdgeMs += POLL_MS
  }
}

/** Milliseconds without new content after which the stream of a job's channel counts as stopped. */
export function stoppedAfterMs(job: HarvestJob, live: ArchiveWindow | undefined): number {
  const durations = live?.segments.map(({ duration }) => msFromTicks(duration)) ?? []
  const longest = Math.max(job.endpoint.packaging.segment.durationSeconds * 1000, ...durations)
  return Math.max(STOPPED_AFTER_SEGMENTS * longest, LEAST_STOPPED_AFTER_MS)
}
