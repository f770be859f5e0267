import { isoDateTime, type UtcMs, type UtcRange, utcMs } from '../../media/time.ts'
import type { HarvestJob } from '../../model/harvest-job.ts'
import { longestWindowMs, nearestText, nearestWindow, usableSpan } from '../../model/harvest-request.ts'
import type { HarvestPlan } from '../../model/harvest-run.ts'
import { ContentDeleted, type PagedWindow, readWindow, type WindowArchive } from '../../packaging/paged-window.ts'
import { HarvestFailed } from '../harvest-failed.ts'
import { nearestWindowWithContent } from './nearest-window.ts'
import { edgesOnTheWay, stoppedAfterMs, type WaitDeps } from './wait.ts'

export type WindowDeps = WaitDeps & { readonly archive: WindowArchive }

/**
 * The part of the archive that a job asks for. While the stream is still arriving, it waits for the live edge to pass
 * the end, and calls `follow` with each new edge on the way. Media missing after the start is left out. Throws
 * HarvestFailed, with the nearest window that works, when the start is not available or there is no media at all.
 */
export async function harvestWindow(
  job: HarvestJob,
  deps: WindowDeps,
  signal: AbortSignal,
  follow: (edge: UtcMs) => Promise<void> = async () => {},
): Promise<PagedWindow> {
  checkForm(job)
  if (job.clip !== undefined) return clippedWindow(job, deps.archive)
  const age = Math.max(0, deps.clock() - job.createdAt)
  const early = await deps.archive.extent(job.endpoint)
  if (early) checkStart(job, early, age)
  for await (const edge of edgesOnTheWay(job, deps, signal)) await follow(edge)
  const extent = await deps.archive.extent(job.endpoint)
  if (!early && extent) checkStart(job, extent, age)
  return windowWithin(job, extent, deps.archive)
}

/** The result `harvestWindow` would give now, without waiting; `isWaiting` when it would wait for the live edge. */
export async function windowSoFar(
  job: HarvestJob,
  deps: Omit<WindowDeps, 'sleep'>,
): Promise<{ readonly window?: PagedWindow; readonly isWaiting: boolean }> {
  checkForm(job)
  const age = Math.max(0, deps.clock() - job.createdAt)
  const live = await deps.archive.live(job.endpoint, 0)
  const extent = await deps.archive.extent(job.endpoint)
  if (extent) checkStart(job, extent, age)
  const isWaiting =
    !live?.ended && (!extent || extent.end < job.end) && job.end > deps.clock() - stoppedAfterMs(job, live)
  if (!isWaiting) return { window: await windowWithin(job, extent, deps.archive), isWaiting }
  const window = await readWindow(deps.archive, job.endpoint, job)
  return { ...(window && { window }), isWaiting }
}

/** The window of a job of which an earlier attempt has settled the first and the last output segment. */
export async function plannedWindow(
  job: HarvestJob,
  { first, last }: Pick<HarvestPlan, 'first' | 'last'>,
  archive: WindowArchive,
): Promise<PagedWindow> {
  const window = await readWindow(archive, job.endpoint, job)
  const planned = window?.part(({ number }) => number >= first && number <= last)
  const { segments } = planned?.summary ?? { segments: [] }
  if (!planned || segments[0]?.number !== first || segments.at(-1)?.number !== last) throw new ContentDeleted()
  return planned
}

function checkForm(job: HarvestJob): void {
  const { start, end } = job
  if (end <= start) throw new HarvestFailed('WindowInvalid', 'The end of the window is not after its start.')
  const longest = longestWindowMs(job)
  if (end - start > longest) {
    throw new HarvestFailed('WindowInvalid', `The window is longer than ${longest / 3_600_000} hours.`)
  }
  if (job.endpoint.startoverWindowSeconds === 0) {
    const message = `Origin endpoint ${job.originEndpointId} has no startover window to harvest from.`
    throw new HarvestFailed('NoStartoverWindow', message)
  }
}

/** The window of a clip, which is in the past and pinned. */
async function clippedWindow(job: HarvestJob, archive: WindowArchive): Promise<PagedWindow> {
  const window = await readWindow(archive, job.endpoint, job)
  if (!window) throw new HarvestFailed('NoContent', `There is no content of the clip ${job.clip} any more.`)
  return window
}

async function windowWithin(
  job: HarvestJob,
  extent: UtcRange | undefined,
  archive: WindowDeps['archive'],
): Promise<PagedWindow> {
  const { start, end } = job
  if (!extent) throw new HarvestFailed('NoContent', 'The channel has no content yet.')
  if (start >= extent.end) {
    const nearest = nearestWindow(job, usableSpan(extent, job.endpoint))
    throw new HarvestFailed(
      'AfterContent',
      `There is no content at or after ${isoDateTime(start)}; ${nearestText(nearest)}.`,
      nearest,
    )
  }
  const window = await readWindow(archive, job.endpoint, job)
  if (window) return window
  const nearest = await nearestWindowWithContent(archive, job.endpoint, job, usableSpan(extent, job.endpoint))
  const where = nearest
    ? nearestText(nearest)
    : `content lies between ${isoDateTime(extent.start)} and ${isoDateTime(extent.end)}`
  throw new HarvestFailed(
    'NoContent',
    `There is no content from ${isoDateTime(start)} to ${isoDateTime(end)}; ${where}.`,
    nearest,
  )
}

function checkStart(job: HarvestJob, extent: UtcRange, age: number): void {
  // The job was created before its start: when content begins late, the beginning is a gap.
  if (job.start >= job.createdAt) return
  const earliest = earliestStart(job, extent, age)
  if (job.start >= earliest) return
  const isWhole = earliest === extent.start
  const why = isWhole
    ? `There is no content before ${isoDateTime(earliest)}`
    : `The startover window of ${job.endpoint.startoverWindowSeconds} s begins at ${isoDateTime(earliest)}`
  const nearest = nearestWindow(job, usableSpan(extent, job.endpoint))
  const code = isWhole ? 'BeforeContent' : 'BeforeStartoverWindow'
  throw new HarvestFailed(
    code,
    `${why}, but the window begins at ${isoDateTime(job.start)}; ${nearestText(nearest)}.`,
    nearest,
  )
}

/**
 * The earliest start a job may ask for. The startover window counts back from the end of the newest content, by the
 * source's clock, as it was when the job was created, so that a job which runs late, or again, is not refused for the
 * time that took.
 */
function earliestStart(job: HarvestJob, extent: UtcRange, age: number): UtcMs {
  const covered = extent.end - age - job.endpoint.startoverWindowSeconds * 1000
  return utcMs(Math.max(extent.start, covered))
}
