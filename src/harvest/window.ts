import type { ArchiveReader } from '../archive/reader.ts'
import type { Clock } from '../clock.ts'
import { msFromTicks, type UtcMs, utcMs } from '../media/time.ts'
import type { HarvestJob } from '../model/harvest-job.ts'
import type { ArchiveWindow } from '../model/output-segment.ts'
import { HarvestFailed } from './harvest-failed.ts'
import type { Sleep } from './patience.ts'

const MAX_WINDOW_MS = 86_400_000
const POLL_MS = 250
/** The stream counts as stopped when nothing new came for so long. */
const PATIENCE_SEGMENTS = 3
const MIN_PATIENCE_MS = 15_000

type Span = { readonly start: UtcMs; readonly end: UtcMs }

export type WindowHost = {
  readonly archive: Pick<ArchiveReader, 'extent' | 'live' | 'between'>
  readonly clock: Clock
  readonly sleep: Sleep
}

/**
 * The stretch of the archive a job asks for. While the stream is still coming it waits for the live edge to pass the
 * end; what is missing after the start is left out. Throws HarvestFailed, naming the nearest window that works, when
 * the start cannot be had or there is nothing at all.
 */
export async function harvestWindow(job: HarvestJob, host: WindowHost, signal: AbortSignal): Promise<ArchiveWindow> {
  const { start, end } = job
  if (end <= start) throw new HarvestFailed('The end of the window is not after its start.')
  if (end - start > MAX_WINDOW_MS) throw new HarvestFailed('The window is longer than 24 hours.')

  if (job.endpoint.startoverWindowSeconds === 0) {
    throw new HarvestFailed(`Origin endpoint ${job.originEndpointId} has no startover window to harvest from.`)
  }

  const age = Math.max(0, host.clock() - job.createdAt)
  const early = await host.archive.extent(job.endpoint)
  if (early) checkStart(job, early, age)
  const extent = await untilReached(job, host, signal)
  if (!extent) throw new HarvestFailed('The channel has no content yet.')
  if (!early) checkStart(job, extent, age)
  if (start >= extent.end) {
    const nearest = nearestWindow(job, { start: earliestStart(job, extent, age), end: extent.end })
    throw new HarvestFailed(`There is no content at or after ${iso(start)}; ${nearest}.`)
  }
  const window = await host.archive.between(job.endpoint, start, end)
  if (!window) {
    const whole = `content lies between ${iso(extent.start)} and ${iso(extent.end)}`
    throw new HarvestFailed(`There is no content from ${iso(start)} to ${iso(end)}; ${whole}.`)
  }
  return window
}

function checkStart(job: HarvestJob, extent: Span, age: number): void {
  const earliest = earliestStart(job, extent, age)
  if (job.start >= earliest) return
  const why =
    earliest === extent.start
      ? `There is no content before ${iso(earliest)}`
      : `The startover window of ${job.endpoint.startoverWindowSeconds} s begins at ${iso(earliest)}`
  const nearest = nearestWindow(job, { start: earliest, end: extent.end })
  throw new HarvestFailed(`${why}, and the window at ${iso(job.start)}; ${nearest}.`)
}

/**
 * The startover window counts back from the end of the newest content, by the source's clock, as it was when the job
 * was created: a job that runs late, or again, is not refused for the time that took.
 */
function earliestStart(job: HarvestJob, extent: Span, age: number): UtcMs {
  const covered = extent.end - age - job.endpoint.startoverWindowSeconds * 1000
  return utcMs(Math.max(extent.start, covered))
}

function nearestWindow(job: Span, usable: Span): string {
  const length = job.end - job.start
  const start = Math.max(usable.start, Math.min(job.start, usable.end - length))
  const end = Math.min(start + length, usable.end)
  return `the nearest window that works is ${iso(start)} to ${iso(end)}`
}

/** What the archive holds once the live edge is past the job's end, or is not coming any nearer. */
async function untilReached(
  job: HarvestJob,
  { archive, clock, sleep }: WindowHost,
  signal: AbortSignal,
): Promise<Span | undefined> {
  let edge: UtcMs | undefined
  let edgeSince = clock()
  for (;;) {
    // In this order: when the stream has ended, the extent is final.
    const live = await archive.live(job.endpoint, 0)
    const extent = await archive.extent(job.endpoint)
    if (live?.ended || (extent && extent.end >= job.end)) return extent
    if (extent?.end !== edge) {
      edge = extent?.end
      edgeSince = clock()
    }
    if (clock() - edgeSince >= patienceMs(job, live)) return extent
    await sleep(POLL_MS, signal)
  }
}

function patienceMs(job: HarvestJob, live: ArchiveWindow | undefined): number {
  const durations = live?.segments.map(({ duration }) => msFromTicks(duration)) ?? []
  const longest = Math.max(job.endpoint.package.segmentDurationSeconds * 1000, ...durations)
  return Math.max(PATIENCE_SEGMENTS * longest, MIN_PATIENCE_MS)
}

const iso = (time: number): string => new Date(time).toISOString()
