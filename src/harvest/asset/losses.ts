import type { ArchiveReader } from '../../archive/reader.ts'
import { isoDateTime } from '../../media/time.ts'
import { longestWithoutGap } from '../../model/harvest-gaps.ts'
import { DEFAULT_HARVEST_OPTIONS, type HarvestJob } from '../../model/harvest-job.ts'
import { isGap, type Loss, type LossPlace, lossAt, placesOf } from '../../model/harvest-losses.ts'
import type { LostMedia } from '../../model/lost-media.ts'
import type { SlotObject } from '../../model/output-segment.ts'
import type { SegmentBatch } from '../../packaging/output-format.ts'
import { HarvestFailed } from '../harvest-failed.ts'
import { withEachRange } from '../window/by-range.ts'
import type { HarvestWindow } from '../window/harvest-window.ts'
import { gapsOf } from './plan.ts'

/** The most losses of one asset: they are part of every checkpoint. */
const MOST_LOSSES = 1000

const REASONS = {
  missing: 'is missing',
  unreadable: 'cannot be read',
  damaged: 'is damaged',
  unusable: 'holds no usable media',
} as const

/**
 * The losses that a lost source object means for the segments of a batch, and those before it, each with what the other
 * input has in its place. Objects of `tried` are lost too.
 */
export async function lossesBy(
  { key, reason }: LostMedia,
  { job, batch, window }: { readonly job: HarvestJob; readonly batch: SegmentBatch; readonly window: HarvestWindow },
  archive: Pick<ArchiveReader, 'replacements'>,
  tried: ReadonlySet<string>,
): Promise<readonly Loss[]> {
  const replacementAt = async ({ segment, slot, stream }: LossPlace): Promise<SlotObject | undefined> => {
    const source = window.sourceOf(segment)
    if (!source) return undefined
    const { endpoint, era } = source
    const found = await archive.replacements(endpoint, { era, slot: segment.slots[slot]!, stream, key })
    return found.find((object) => ![object, ...(object.more ?? [])].some((each) => tried.has(each.key)))
  }
  const places = placesOf(key, [...batch.before, ...batch.segments])
  return Promise.all(
    places.map(async (place) => {
      const about = { key, reason, track: `${job.endpoint.manifestName}_${place.stream}` }
      return lossAt(place, about, await replacementAt(place))
    }),
  )
}

/**
 * The window of an asset without what the archive has lost, as the job's gap policy wants it. Throws HarvestFailed when
 * the policy admits no gap, or nothing is left.
 */
export async function withoutLosses(
  job: HarvestJob,
  window: HarvestWindow,
  losses: readonly Loss[],
): Promise<HarvestWindow> {
  return losses.length === 0
    ? window
    : withEachRange(job, window, (range, own) => rangeWithoutLosses(range, own, losses))
}

async function rangeWithoutLosses(
  job: HarvestJob,
  window: HarvestWindow,
  losses: readonly Loss[],
): Promise<HarvestWindow> {
  const mended = window.mended(losses)
  const numbers = new Set(window.summary.segments.map(({ number }) => number))
  const gaps = losses.filter((loss) => isGap(loss) && numbers.has(loss.number)).sort((a, b) => a.number - b.number)
  const [first] = gaps
  if (!first) return mended
  if (losses.length > MOST_LOSSES) throw damaged(first, gaps.length)
  const { gapPolicy } = job.options ?? DEFAULT_HARVEST_OPTIONS
  if (gapPolicy === 'FAIL') throw damaged(first, gaps.length, longestWithoutGap(job, await gapsOf(job, mended)))
  const kept = gapPolicy === 'CLAMP' ? mended.part(({ number }) => number < first.number) : mended
  const isEmpty = !kept?.summary.segments.some(({ slots }) =>
    slots.some(({ objects }) => Object.keys(objects).length > 0),
  )
  if (!kept || isEmpty) throw damaged(first, gaps.length)
  return kept
}

function damaged(
  { key, reason, track, start, end }: Loss,
  count: number,
  nearest?: ReturnType<typeof longestWithoutGap>,
): HarvestFailed {
  const where = `${track} from ${isoDateTime(start)} to ${isoDateTime(end)}`
  const others = count > 1 ? `, and ${count - 1} more of the asset ${count > 2 ? 'are' : 'is'} lost` : ''
  return new HarvestFailed('Damaged', `The source object ${key} of ${where} ${REASONS[reason]}${others}.`, nearest)
}
