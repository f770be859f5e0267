import { endOf, gapsIn, isBefore, longestStretch, type ShownStream } from '../model/harvest-gaps.ts'
import { DEFAULT_HARVEST_OPTIONS, type HarvestJob } from '../model/harvest-job.ts'
import type { HarvestGap, HarvestPlan, UtcSpan } from '../model/harvest-run.ts'
import type { ArchiveWindow } from '../model/output-segment.ts'
import { selectVariants } from '../packaging/stream-selection.ts'
import type { AssetFiles } from './asset-files.ts'
import { HarvestFailed } from './harvest-failed.ts'
import { withSegments } from './window.ts'

/** A report names so many gaps; the others are counted. */
const MOST_GAPS = 100

/** Where the asset of a window lacks media, by its own streams. */
export function gapsOf(job: HarvestJob, window: ArchiveWindow): readonly HarvestGap[] {
  const shown = new Map(window.eras.map((era) => [era.id, shownStreams(job, window, era)]))
  return gapsIn(job, window.segments, (era) => shown.get(era) ?? [])
}

/**
 * What of the window goes into the asset, by the job's options about media that is missing. Throws HarvestFailed, with
 * the longest stretch that has none missing, when the options say so.
 */
export function admitted(job: HarvestJob, window: ArchiveWindow, gaps: readonly HarvestGap[]): ArchiveWindow {
  const newest = window.segments.at(-1)
  const fails = (job.options ?? DEFAULT_HARVEST_OPTIONS).earlyEndPolicy === 'FAIL'
  if (fails && newest && isBefore(endOf(newest), job.end)) {
    const message = `The encoder stopped at ${iso(endOf(newest))}, before the end of the window at ${iso(job.end)}.`
    throw new HarvestFailed('EndedEarly', message, longestStretch(job, gaps))
  }
  return withinGapPolicy(job, window, gaps)
}

/** The same for a window whose end may still come. */
export function withinGapPolicy(job: HarvestJob, window: ArchiveWindow, gaps: readonly HarvestGap[]): ArchiveWindow {
  const { gapPolicy } = job.options ?? DEFAULT_HARVEST_OPTIONS
  const newest = window.segments.at(-1)
  const inside = gaps.filter(({ start }) => newest && start < endOf(newest))
  const [first] = inside
  if (!first || gapPolicy === 'DISCONTINUITY') return window
  if (gapPolicy === 'CLAMP') {
    // Where a gap is at the very beginning, nothing lies before it.
    const clamped = withSegments(window, (segment) => endOf(segment) <= first.start)
    if (clamped) return clamped
  }
  const what = first.track === undefined ? 'media' : `media of ${first.track}`
  const others = inside.length > 1 ? `, and in ${inside.length - 1} other places` : ''
  const message = `There is no ${what} from ${iso(first.start)} to ${iso(first.end)}${others}.`
  throw new HarvestFailed('GapInWindow', message, longestStretch(job, gaps))
}

export function planOf(window: ArchiveWindow, files: AssetFiles, gaps: readonly HarvestGap[]): HarvestPlan {
  const [oldest, newest] = [window.segments[0], window.segments.at(-1)]
  if (!oldest || !newest) throw new Error('a plan needs a window with segments')
  return {
    first: oldest.number,
    last: newest.number,
    content: { start: oldest.startUtc, end: endOf(newest) },
    segments: files.segments.length,
    manifests: files.manifests.length + 1,
    gaps: gaps.slice(0, MOST_GAPS),
    gapCount: gaps.length,
  }
}

function shownStreams({ endpoint }: HarvestJob, window: ArchiveWindow, era: ArchiveWindow['eras'][number]) {
  const hasMedia = (index: number) =>
    window.segments.some(({ slots }) => slots.some(({ objects }) => objects[index] !== undefined))
  const streams = era.streams.filter(({ index }) => hasMedia(index))
  const others = streams.filter(({ role }) => role.kind !== 'variant')
  return [...selectVariants(streams, endpoint.package.streamSelection), ...others].map(({ index }): ShownStream => {
    return { index, name: `${endpoint.manifestName}_${index}` }
  })
}

const iso = (time: UtcSpan['start']): string => new Date(time).toISOString()
