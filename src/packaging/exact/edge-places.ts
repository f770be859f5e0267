import { TICKS_PER_SECOND } from '../../media/time.ts'
import { type Era, inOrder, type SegmentSummary } from '../../model/output-segment.ts'
import { SAME_PICTURE } from '../tracks/cut-end.ts'
import { breaks, type PlacedCut } from '../tracks/placed-cuts.ts'
import type { SingleVideo } from '../tracks/track-set.ts'
import type { SourcePictures } from './source-pictures.ts'

/** The least of each track in the first segment of a range, in ticks: of less, players miss a track at times. */
const LEAST_SHOWN = 0.3 * TICKS_PER_SECOND

/** Where a range begins or ends: the place of a segment in it, and a time on its timeline. */
export type Edge = {
  readonly at: number
  readonly time: number
  /** True where it begins in the segment before that one, and shows what is left of it together with that one. */
  readonly isJoined?: true
}

/** Finds the pictures at which ranges begin and end, by the pictures themselves. */
export class EdgePlaces {
  private readonly source: SourcePictures
  private readonly eras: ReadonlyMap<number, Era>
  /** The video track of a segment whose pictures are the nearest to the cuts. */
  private readonly mainIn: (segment: SegmentSummary) => SingleVideo | undefined

  constructor(
    source: SourcePictures,
    eras: ReadonlyMap<number, Era>,
    mainIn: (segment: SegmentSummary) => SingleVideo | undefined,
  ) {
    this.source = source
    this.eras = eras
    this.mainIn = mainIn
  }

  /** Where a range of these segments begins and ends; each undefined where it does so with all of its segment. */
  async in(segments: readonly SegmentSummary[], cut: PlacedCut): Promise<{ begin?: Edge; end?: Edge }> {
    const found = await this.beginOf(segments, cut)
    const end = await this.endOf(segments, cut, found)
    const begin = found && this.longEnough(segments, found, end?.at ?? segments.length - 1)
    return { ...(begin && { begin }), ...(end && { end }) }
  }

  /** The picture with which a range begins; undefined where its first segment begins with it. */
  private async beginOf(segments: readonly SegmentSummary[], { begins }: PlacedCut): Promise<Edge | undefined> {
    const at = segments.findIndex(({ number }) => number === begins?.segment.number)
    if (!begins || at < 0) return undefined
    const segment = segments[at]!
    const time = await this.nearest(segment, begins.time)
    const next = segments[at + 1]
    // What the next one needs of this one is read, and encoded with it.
    return next && time >= segment.start + segment.duration - SAME_PICTURE
      ? { at: at + 1, time: next.start }
      : { at, time }
  }

  /** The picture before which a range ends; undefined where its last segment ends before that. */
  private async endOf(
    segments: readonly SegmentSummary[],
    { ends }: PlacedCut,
    begin: Edge | undefined,
  ): Promise<Edge | undefined> {
    const found = segments.findIndex(({ number }) => number === ends?.segment.number)
    if (!ends || found < 0) return undefined
    const at = Math.max(found, begin?.at ?? 0)
    const segment = segments[at]!
    const after = begin?.at === at ? begin.time : Number.NEGATIVE_INFINITY
    const time = await this.nearest(segment, ends.time, after)
    const isAll = time >= segment.start + segment.duration - SAME_PICTURE
    if (time <= segment.start + SAME_PICTURE && at > 0) return { at: at - 1, time: Number.POSITIVE_INFINITY }
    return isAll ? { at, time: Number.POSITIVE_INFINITY } : { at, time }
  }

  /** Where a range begins, joined to the next segment up to `last` where too little of a track is left in its own. */
  private longEnough(segments: readonly SegmentSummary[], begin: Edge, last: number): Edge {
    const [segment, next] = [segments[begin.at]!, segments[begin.at + 1]]
    if (!next || begin.at === last || breaks(segment, next) || begin.time <= segment.start + SAME_PICTURE) return begin
    const ends = [...endsOfTracks(segment, this.eras.get(segment.era))]
    const isLong = ends.every((end) => end >= begin.time + LEAST_SHOWN)
    return isLong ? begin : { at: begin.at + 1, time: begin.time, isJoined: true }
  }

  /** The time nearest to this one and later than `after` at which a picture of the first track begins, or all end. */
  private async nearest(segment: SegmentSummary, time: number, after = Number.NEGATIVE_INFINITY): Promise<number> {
    const main = this.mainIn(segment)
    const pictures = main ? await this.source.of(main, segment) : []
    // Half between two, the earlier one.
    const times = [...pictures.map(({ pts }) => pts), segment.start + segment.duration].sort((a, b) => a - b)
    const later = times.filter((each) => each > after + SAME_PICTURE)
    return later.reduce(
      (best, each) => (Math.abs(each - time) < Math.abs(best - time) ? each : best),
      Number.POSITIVE_INFINITY,
    )
  }
}

/** When the last sample of each track of a segment is shown, in ticks of its era. */
function* endsOfTracks({ slots }: SegmentSummary, era: Era | undefined): Generator<number> {
  for (const { index, tracks } of era?.streams ?? []) {
    for (const at of tracks.keys()) {
      const times = slots.flatMap(({ objects }) =>
        inOrder(objects[index]).flatMap((each) => each.times?.[at]?.last ?? []),
      )
      if (times.length > 0) yield Math.max(...times)
    }
  }
}
