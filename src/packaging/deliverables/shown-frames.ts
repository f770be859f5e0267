import { rescale, TICKS_PER_MS, TICKS_PER_SECOND, type UtcMs, utcMs } from '../../media/time.ts'
import type { DeliverableKind } from '../../model/deliverable.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { SummaryWindow } from '../../model/output-segment.ts'
import type { ShownFrames } from '../../model/shown-frames.ts'
import { isWithin } from '../cuts.ts'
import { decodableFrom, hasSteadyPictures, type PlacedMoment } from '../tracks/picture-times.ts'
import type { PlacedCut } from '../tracks/placed-cuts.ts'
import { trackSetOf } from '../tracks/track-set.ts'

/** Kinds whose beginning is not told: their files are of moments of their own. */
const WITHOUT_BEGINNING: ReadonlySet<DeliverableKind> = new Set(['STILLS'])

type ShownFramesOrder = {
  readonly cut: PlacedCut
  readonly kinds: readonly DeliverableKind[]
  /** The asset begins with the range. */
  readonly isFirst: boolean
  /** Pictures are encoded anew, so that every deliverable begins with the first one. */
  readonly isExact: boolean
}

/**
 * What an asset that is cut to the frame shows of a range, of the window of segments that it has of it, by the index
 * alone.
 */
export function shownFrames(
  { packaging: { streamSelection } }: Pick<OriginEndpoint, 'packaging'>,
  window: SummaryWindow,
  { cut, kinds, isFirst, isExact }: ShownFramesOrder,
): ShownFrames {
  const [oldest] = window.segments
  const newest = window.segments.findLast((segment) => isWithin(cut.numbers, segment))
  if (!oldest || !newest) throw new Error('nothing is shown of a window without segments')
  const begin = cut.begins ?? { segment: oldest, time: oldest.start }
  const videoOf = ({ segment }: Pick<PlacedMoment, 'segment'>) => {
    const era = window.eras.find(({ id }) => id === segment.era)
    return era ? trackSetOf(era, streamSelection).video : []
  }
  const end = cut.ends ?? { segment: newest, time: newest.start + newest.duration }
  const [video] = videoOf(end)
  const rate = video?.description.frameRate
  const frame = rate && rescale(rate.denominator, rate.numerator, TICKS_PER_SECOND)
  const isSteady = video !== undefined && hasSteadyPictures(end.segment, video)
  const [first, endUtc] = [dateOf(begin), dateOf(end)]
  const startOf = (kind: DeliverableKind): UtcMs => {
    if (kind === 'AUDIO') return cut.begins ? cut.start : first
    if (isExact) return first
    if (kind === 'DASH') return dateOf({ ...begin, time: decodableFrom(begin, videoOf(begin)) })
    const isWhole = kind === 'MSS' || ((kind === 'HLS' || kind === 'CMAF') && !isFirst)
    return isWhole ? begin.segment.startUtc : first
  }
  return {
    first,
    ...(frame !== undefined && isSteady && { last: dateOf({ ...end, time: end.time - frame }) }),
    deliverables: [...new Set(kinds)]
      .filter((kind) => !WITHOUT_BEGINNING.has(kind))
      .map((kind) => ({ kind, start: startOf(kind), end: kind === 'AUDIO' && cut.ends ? cut.end : endUtc })),
  }
}

function dateOf({ segment, time }: { readonly segment: PlacedMoment['segment']; readonly time: number }): UtcMs {
  return utcMs(segment.startUtc + Math.round((time - segment.start) / TICKS_PER_MS))
}
