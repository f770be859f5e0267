import { msBetween, type Ticks, ticks, type UtcMs, utcMs } from '../../media/time.ts'
import type { Era, SegmentSummary, SummaryWindow } from '../../model/output-segment.ts'
import { rangeOf } from '../cuts.ts'
import type { PictureEncoder } from '../output-format.ts'
import type { EdgePictures } from '../segments/segment-samples.ts'
import type { OpenSpool } from '../spool.ts'
import { SAME_PICTURE } from '../tracks/cut-end.ts'
import { breaks, type PlacedCut } from '../tracks/placed-cuts.ts'
import type { SingleVideo } from '../tracks/track-set.ts'
import { hasTrack } from '../tracks/track-times.ts'
import { EdgeEncoder } from './edge-encoder.ts'
import { type Edge, EdgePlaces } from './edge-places.ts'
import { encodedRun, MOST_ENCODED, planHead, planTail } from './edge-plan.ts'
import type { SourcePicture, SourcePictures } from './source-pictures.ts'

/** What an asset shows of a segment at one of its edges. */
export type SegmentEdge = {
  readonly start: Ticks
  readonly startUtc: UtcMs
  readonly duration: Ticks
  readonly isCut?: true
  readonly isCutAtStart?: true
  /** True where it begins with what is left of the segment before it, which is not shown by itself. */
  readonly isJoined?: true
  readonly pictures: ReadonlyMap<number, EdgePictures>
}

/** The edges of the ranges of a window that begins and ends exactly at the pictures asked for. */
export type ExactEdges = {
  /** Segments at edges, by their numbers; undefined for those of which nothing is shown. */
  readonly segments: ReadonlyMap<number, SegmentEdge | undefined>
  /** Eras with the parameter sets of encoded pictures beside their own, by their ids. */
  readonly eras: ReadonlyMap<number, Era>
  /** Frees what is kept of encoded pictures. */
  close(): Promise<void>
}

export type ExactOrder = {
  readonly window: SummaryWindow
  readonly cuts: readonly PlacedCut[]
  /** The video tracks of an era that are shown exactly; the pictures of the first are those nearest to the cuts. */
  readonly tracksOf: (era: Era) => readonly SingleVideo[]
  readonly source: SourcePictures
  readonly openSpool: OpenSpool
  /** Absent where it is only asked whether there can be such edges. */
  readonly encoder?: PictureEncoder | undefined
}

/**
 * Plans the edges of a window, and encodes the pictures that they need. Throws CannotCut, NoEncoder, LostMedia, and as
 * the signal aborts.
 */
export async function exactEdges(order: ExactOrder, signal: AbortSignal): Promise<ExactEdges> {
  const edges = new EdgeMaker(order, signal)
  try {
    for (const cut of order.cuts) await edges.make(cut)
    return edges.made()
  } catch (error) {
    await edges.close()
    throw error
  }
}

/** A stream in the segments of a range, of which the one at `last` ends with what is shown before `until`. */
type StreamRange = {
  readonly segments: readonly SegmentSummary[]
  readonly stream: number
  /** The segment that is joined to the one before it. */
  readonly joined: number | undefined
  readonly last: number
  readonly until: number
}

class EdgeMaker {
  private readonly order: ExactOrder
  private readonly encoder: EdgeEncoder
  private readonly eras: ReadonlyMap<number, Era>
  private readonly places: EdgePlaces
  private readonly segments = new Map<number, SegmentEdge | undefined>()

  constructor(order: ExactOrder, signal: AbortSignal) {
    this.order = order
    this.encoder = new EdgeEncoder(order.encoder, order.openSpool, signal)
    this.eras = new Map(order.window.eras.map((era) => [era.id, era]))
    this.places = new EdgePlaces(order.source, this.eras, (segment) => this.tracksIn(segment)[0])
  }

  made(): ExactEdges {
    return { segments: this.segments, eras: this.encoder.erasOf(this.eras), close: () => this.close() }
  }

  close(): Promise<void> {
    return this.encoder.close()
  }

  async make(cut: PlacedCut): Promise<void> {
    const { window, source } = this.order
    const segments = window.segments.filter((segment) => rangeOf([cut], segment) !== undefined)
    source.forget()
    const { begin, end } = await this.places.in(segments, cut)
    if (begin) for (const { number } of segments.slice(0, begin.at)) this.segments.set(number, undefined)
    if (end) for (const { number } of segments.slice(end.at + 1)) this.segments.set(number, undefined)
    const pictures = new Map<number, Map<number, EdgePictures>>()
    const streams = new Set(segments.flatMap((segment) => this.tracksIn(segment).map(({ stream }) => stream.index)))
    for (const stream of streams) {
      for (const [number, own] of await this.edgesOf(segments, stream, begin, end)) {
        pictures.set(number, (pictures.get(number) ?? new Map<number, EdgePictures>()).set(stream, own))
      }
      source.forget()
    }
    for (const [at, segment] of segments.entries()) {
      const own = pictures.get(segment.number)
      const [isFirst, isLast] = [begin?.at === at, end?.at === at]
      if (own || isFirst || isLast) {
        this.segments.set(
          segment.number,
          edgeOf(segment, { begin: isFirst ? begin : undefined, end: isLast ? end : undefined }, own),
        )
      }
    }
  }

  private tracksIn(segment: SegmentSummary): readonly SingleVideo[] {
    const era = this.eras.get(segment.era)
    return era ? this.order.tracksOf(era).filter((track) => hasTrack(track, segment)) : []
  }

  /** What the segments of a range have of a stream's pictures, at its edges; by their numbers. */
  private async edgesOf(
    segments: readonly SegmentSummary[],
    stream: number,
    begin: Edge | undefined,
    end: Edge | undefined,
  ): Promise<ReadonlyMap<number, EdgePictures>> {
    const found = new Map<number, EdgePictures>()
    const last = end?.at ?? segments.length - 1
    const until = end?.time ?? Number.POSITIVE_INFINITY
    const range = { segments, stream, joined: begin?.isJoined && begin.at, last, until }
    const copied = begin && (await this.makeHead(range, begin, found))
    if (Number.isFinite(until)) await this.makeTail(range, copied?.at === last ? copied.first : 0, found)
    return found
  }

  /**
   * Makes the edge at which a range begins; gives the segment from which on pictures are copied, and the first of them
   * in order of decoding, which is Infinity where all of that segment are encoded.
   */
  private async makeHead(
    range: StreamRange,
    begin: Edge,
    found: Map<number, EdgePictures>,
  ): Promise<{ readonly at: number; readonly first: number } | undefined> {
    const { segments, last, until } = range
    const head = await this.read(range, begin.at)
    if (!head) return undefined
    const all = [...(await this.decodableBefore(range, begin.at, head.pictures, begin.time)), ...head.pictures]
    let at = begin.at
    const plan = () => planHead(all, begin.time, at === last ? until : Number.POSITIVE_INFINITY)
    let planned = plan()
    for (; !planned && at < last; planned = plan()) {
      const [segment, next] = [segments[at]!, segments[at + 1]!]
      const isFar = segment.start + segment.duration - begin.time > MOST_ENCODED
      const more = isFar || breaks(segment, next) ? undefined : await this.read(range, at + 1)
      if (!more) break
      all.push(...more.pictures)
      at++
    }
    const ends = at === last && Number.isFinite(until) ? until : endOf(all)
    const run = planned ? planned.before : encodedRun(all, begin.time, ends)
    const encoded = run && (await this.encoder.encode(head.track, segments[at]!.era, run))
    const first = planned ? all[planned.first]! : undefined
    for (const { number } of segments.slice(begin.at, at + 1)) {
      const before = encoded?.get(number)
      const end = all.filter(({ segment }) => segment === number).length
      found.set(number, { ...(before && { before }), first: first?.segment === number ? first.place : end, end })
    }
    return { at, first: first?.place ?? Number.POSITIVE_INFINITY }
  }

  /** Makes the edge at which a range ends, in a segment of which pictures are copied from the `first` on. */
  private async makeTail(range: StreamRange, first: number, found: Map<number, EdgePictures>): Promise<void> {
    const { segments, last, until } = range
    const tail = Number.isFinite(first) ? await this.read(range, last) : undefined
    if (!tail) return
    const { number, era } = segments[last]!
    const shown = Math.min(...tail.pictures.slice(first).map(({ pts }) => pts))
    const earlier = await this.decodableBefore(range, last, tail.pictures, shown)
    const { end, after: run } = planTail([...earlier, ...tail.pictures], earlier.length + first, until)
    const after = run && (await this.encoder.encode(tail.track, era, run)).get(number)
    found.set(number, { ...found.get(number), first, end: end - earlier.length, ...(after && { after }) })
  }

  /** The pictures of the segment before one, where its own up to a time cannot be decoded without them. */
  private async decodableBefore(
    range: StreamRange,
    at: number,
    own: readonly SourcePicture[],
    time: number,
  ): Promise<readonly SourcePicture[]> {
    const first = at === range.joined ? at - 1 : at
    const [before, segment] = [range.segments[first - 1], range.segments[first]!]
    const isDecodable = own.some(({ isSync, pts }) => isSync && pts <= time + SAME_PICTURE)
    if (isDecodable || !before || breaks(before, segment)) return []
    return (await this.read(range, first - 1))?.pictures ?? []
  }

  private async read({ segments, stream, joined }: StreamRange, at: number) {
    const segment = segments[at]!
    const track = this.tracksIn(segment).find((each) => each.stream.index === stream)
    if (!track) return undefined
    const { source } = this.order
    const own = await source.of(track, segment)
    if (at !== joined) return { track, pictures: own }
    const all = [...(await source.of(track, segments[at - 1]!)), ...own]
    return { track, pictures: all.map((picture, place) => ({ ...picture, segment: segment.number, place })) }
  }
}

function endOf(pictures: readonly SourcePicture[]): number {
  const last = pictures.reduce((latest, each) => (each.pts > latest.pts ? each : latest))
  return last.pts + last.duration
}

function edgeOf(
  segment: SegmentSummary,
  { begin, end }: { readonly begin: Edge | undefined; readonly end: Edge | undefined },
  pictures: ReadonlyMap<number, EdgePictures> = new Map(),
): SegmentEdge {
  const isJoined = begin?.isJoined ?? false
  const isCutAtStart = begin !== undefined && (isJoined || begin.time > segment.start + SAME_PICTURE)
  const isCut = end !== undefined && Number.isFinite(end.time)
  const start = ticks(isCutAtStart ? begin.time : segment.start)
  const until = isCut ? end.time : segment.start + segment.duration
  return {
    start,
    startUtc: utcMs(segment.startUtc + msBetween(segment.start, start)),
    duration: ticks(until - start),
    ...(isCut && { isCut }),
    ...(isCutAtStart && { isCutAtStart }),
    ...(isJoined && { isJoined }),
    pictures,
  }
}
