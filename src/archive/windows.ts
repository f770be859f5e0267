import { type UtcMs, type UtcRange, utcMs } from '../media/time.ts'
import { utcAt } from '../model/eras/era.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { type ArchiveWindow, type Era, endUtcOf, type OutputSegment } from '../model/output-segment.ts'
import { asRecorded } from '../model/recorded-segment.ts'
import type { EraTime } from '../model/segment-numbers.ts'
import { StoreUnavailable } from '../stores/resources.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { OutputTimeline } from '../stores/timeline-store.ts'
import type { ChannelContent } from './channel-content.ts'
import { KnownAdEvents } from './known-ad-events.ts'
import { lastFitting } from './live-window.ts'
import type { Absence, ArchiveReader, LiveEdge, SegmentInEra, SegmentRange, SegmentsAround } from './reader.ts'
import type { SecondLooks } from './second-looks.ts'
import type { SegmentTail } from './segment-tail.ts'

/** The most output segments in a window: 24 hours of one-second segments. */
const MOST_SEGMENTS = 86_400
/** The most output segments after a window that are named with it. */
const FOLLOWING = 8
/** How long before its clock an era may begin, in milliseconds: sound may lie before the first picture. */
const EARLY_MS = 10_000
const ALWAYS: UtcRange = { start: utcMs(Number.MIN_SAFE_INTEGER), end: utcMs(Number.MAX_SAFE_INTEGER) }
/** The number of output segments looked up on either side of a time. */
const AROUND = 3
/** The most eras that may contain one moment: a broken source may begin an era with every segment. */
const MOST_ERAS = 24

export type WindowsDeps = {
  readonly segmentIndex: SegmentIndex
  readonly version: (channelGuid: string) => number
  readonly outputTimelineOf: (endpoint: OriginEndpoint) => Promise<OutputTimeline | undefined>
  readonly contentOf: (channelGuid: string) => ChannelContent
  /** Absent where no other process may have listed what this one does not have. */
  readonly secondLooks?: SecondLooks | undefined
}

const isYetToCome = (found: unknown) => found === 'not yet'

type Read = {
  readonly outputTimeline: OutputTimeline
  readonly content: ChannelContent
  readonly tail: SegmentTail
  /** The version of the channel as this was read, or a lower one: there may be more to show by now. */
  readonly version: number
}

/** Reads ranges of the archive: new output segments from memory, older ones from the index. */
export function windowsOf({ segmentIndex, version, outputTimelineOf, contentOf, secondLooks }: WindowsDeps) {
  const knownAdEvents = new KnownAdEvents(segmentIndex)

  async function reading(endpoint: OriginEndpoint): Promise<Read | undefined> {
    const outputTimeline = await outputTimelineOf(endpoint)
    if (!outputTimeline) return undefined
    const content = contentOf(outputTimeline.channelGuid)
    await content.read()
    if (content.state.isFilling(outputTimeline)) await content.fill(outputTimeline)
    // Before the tail is read: what is shown must never count as newer than it is, for as such it would be cached.
    const seen = version(content.guid) - (content.mayShowMore ? 1 : 0)
    return { outputTimeline, content, tail: await content.tail(outputTimeline), version: seen }
  }

  async function windowOf(
    { content, tail, version: seen }: Read,
    segments: readonly OutputSegment[],
    ended: boolean,
    following?: readonly OutputSegment[],
  ): Promise<ArchiveWindow | undefined> {
    if (segments.length === 0) return undefined
    const eras = await content.erasById([...new Set(segments.map(({ era }) => era))])
    const adEvents = await knownAdEvents.begunBefore(content.guid, segments, tail.all)
    return {
      version: seen,
      eras,
      segments,
      ended,
      ...(adEvents.length > 0 && { adEvents }),
      ...(following && { following }),
    }
  }

  /** The newest output segment that was sealed by a moment of the server's clock. */
  async function sealedBy({ outputTimeline, tail }: Read, moment: UtcMs): Promise<OutputSegment | undefined> {
    const recent = tail.sealedBy(moment)
    if (recent) return recent
    const number = await segmentIndex.numberSealedBy(outputTimeline.id, moment)
    return number === undefined ? undefined : segmentIndex.outputSegment(outputTimeline.id, number)
  }

  async function followingOf({ outputTimeline, tail }: Read, number: number): Promise<readonly OutputSegment[]> {
    const recent = tail.from(number + 1, FOLLOWING)
    if (recent.length > 0) return recent
    if ((tail.newestSegment?.number ?? 0) <= number) return []
    return segmentIndex.outputSegmentsNumbered(outputTimeline.id, { after: number, last: number + FOLLOWING })
  }

  async function edgeOf(read: Read, asOf?: UtcMs): Promise<LiveEdge | undefined> {
    const { content, tail, version: seen } = read
    const newest = tail.newestSegment
    const segment = asOf === undefined ? newest : await sealedBy(read, asOf)
    if (!newest || !segment) return undefined
    const following = segment === newest ? [] : await followingOf(read, segment.number)
    return {
      version: seen,
      segment,
      following,
      publishedUntil: endUtcOf(newest),
      ended: content.state.isOver(read.outputTimeline) && segment.number === newest.number,
    }
  }

  /**
   * The reason why no output segment begins at a time of an era, found from the segments around that time. The streams
   * of a segment begin a little before or after it, so that a time beyond the middle of the newest segment may be that
   * of the next.
   */
  async function absenceAt(
    { outputTimeline, content, tail }: Read,
    { era, time }: EraTime,
    around: readonly OutputSegment[],
  ): Promise<Absence> {
    const newest = tail.newestSegment
    if (!newest)
      return content.state.nextNumber(outputTimeline) > outputTimeline.firstNumber ? 'no longer kept' : 'not yet'
    if (newest.era === era) {
      if (time >= newest.start + newest.duration / 2) return 'not yet'
    } else if (around.length === 0) {
      const [known] = await content.erasById([era])
      return known && utcAt(known.clock, time) >= newest.startUtc ? 'not yet' : 'no longer kept'
    }
    const oldest = around[0]
    if (!oldest || oldest.start <= time || oldest.number === outputTimeline.firstNumber) return 'no such'
    return tail.byNumber(oldest.number - 1) ? 'no such' : 'no longer kept'
  }

  /**
   * Looks again where what is found is yet to come: another process may have listed it already. Throws StoreUnavailable
   * where that cannot be learned.
   */
  async function untilThere<T>(
    endpoint: OriginEndpoint,
    look: (read: Read) => Promise<T>,
    isToCome: (found: T) => boolean,
    part: 'shown' | 'whole' = 'shown',
  ): Promise<T | undefined> {
    const read = await reading(endpoint)
    const found = read && (await look(read))
    if (!read || found === undefined || !secondLooks || !isToCome(found)) return found
    if (!(await secondLooks.look(read.content, part)))
      throw new StoreUnavailable('whether another process has listed it cannot be learned')
    const again = await reading(endpoint)
    return again && look(again)
  }

  async function segmentNumbered(read: Read, number: number): Promise<SegmentInEra | Absence> {
    const { outputTimeline, content, tail } = read
    if (number >= content.state.nextNumber(outputTimeline)) return 'not yet'
    if (number < outputTimeline.firstNumber) return 'no such'
    const segment = tail.byNumber(number) ?? (await segmentIndex.outputSegment(outputTimeline.id, number))
    const [era] = segment ? await content.erasById([segment.era]) : []
    return segment && era ? { segment: asRecorded(segment, outputTimeline.id), era } : 'no longer kept'
  }

  async function segmentsAround(read: Read, place: EraTime): Promise<SegmentsAround> {
    const { outputTimeline, tail } = read
    const recent = tail.around(place, AROUND, outputTimeline.firstNumber)
    const segments = recent ?? (await segmentIndex.outputSegmentsAround(outputTimeline.id, place, AROUND))
    const recorded = segments.map((segment) => asRecorded(segment, outputTimeline.id))
    return { segments: recorded, absence: await absenceAt(read, place, segments) }
  }

  async function eraOf({ content, tail }: Read, id: number): Promise<Era | Absence> {
    // What is shown is not provisional.
    if (!tail.eraIds.includes(id)) await content.read('whole')
    if (content.state.inputs.isProvisional(id)) return 'not yet'
    const [era] = await content.erasById([id])
    return era ?? content.state.absenceOfEra(id)
  }

  /** The output segments of a window of so many seconds that ends with a segment. */
  async function windowUpTo(
    { outputTimeline, tail }: Read,
    { number }: OutputSegment,
    seconds: number,
  ): Promise<readonly OutputSegment[]> {
    const recent = lastFitting(tail.upTo(number), seconds)
    if (recent.isFull || tail.all[0]?.number === outputTimeline.firstNumber) return recent.fitting
    for (let count = 64; ; count *= 4) {
      const after = Math.max(number - count, 0)
      const segments = await segmentIndex.outputSegmentsNumbered(outputTimeline.id, { after, last: number })
      const { fitting, isFull } = lastFitting(segments, seconds)
      if (isFull || after === 0 || count > MOST_SEGMENTS) return fitting
    }
  }

  return {
    async live(endpoint: OriginEndpoint, seconds: number, asOf?: UtcMs) {
      const read = await reading(endpoint)
      if (!read) return undefined
      if (asOf === undefined)
        return windowOf(
          read,
          lastFitting(read.tail.all, seconds).fitting,
          read.content.state.isOver(read.outputTimeline),
        )
      const edge = await edgeOf(read, asOf)
      return edge && windowOf(read, await windowUpTo(read, edge.segment, seconds), edge.ended, edge.following)
    },

    async edge(endpoint: OriginEndpoint, asOf?: UtcMs) {
      const read = await reading(endpoint)
      return read && edgeOf(read, asOf)
    },

    async range(
      endpoint: OriginEndpoint,
      window: UtcRange,
      edge: LiveEdge | undefined,
    ): Promise<SegmentRange | undefined> {
      const read = await reading(endpoint)
      if (!read) return undefined
      const { outputTimeline, content } = read
      const found = await segmentIndex.outputSegmentRange(outputTimeline.id, window)
      const newest = edge?.segment.number ?? Number.POSITIVE_INFINITY
      const last = Math.min(found?.last ?? 0, newest)
      const after = Math.max(found?.after ?? 0, last - MOST_SEGMENTS)
      if (!found || last <= after) return undefined
      const eras = await content.erasById(await segmentIndex.erasShown(outputTimeline.id, { after, last }))
      return {
        version: edge?.version ?? read.version,
        outputTimeline: outputTimeline.id,
        numbers: { after, last },
        window,
        eras,
        following: edge && last === newest ? edge.following : await followingOf(read, last),
        ended: edge?.ended === true && last === newest,
        page: (range) => segmentIndex.outputSegmentPage(outputTimeline.id, range, ALWAYS),
        summaries: (range) => segmentIndex.outputSegmentSummaries(outputTimeline.id, range),
        adEventsOf: (numbers) => segmentIndex.adEvents(outputTimeline.channelGuid, numbers),
      }
    },

    async outputSegment(endpoint: OriginEndpoint, number: number): Promise<SegmentInEra | Absence> {
      return (await untilThere(endpoint, (read) => segmentNumbered(read, number), isYetToCome)) ?? 'not yet'
    },

    async outputSegmentsAround(endpoint: OriginEndpoint, place: EraTime): Promise<SegmentsAround> {
      const look = (read: Read) => segmentsAround(read, place)
      const found = await untilThere(endpoint, look, ({ absence }) => isYetToCome(absence))
      return found ?? { segments: [], absence: 'not yet' }
    },

    async erasAt(endpoint: OriginEndpoint, utc: UtcMs) {
      const read = await reading(endpoint)
      if (!read) return []
      const recent = await read.content.erasById(read.tail.eraIds)
      const begun = recent.filter(({ clock }) => clock.utc < utc + EARLY_MS)
      // The clocks of eras follow one another: older eras end before one that has begun well before `utc`.
      if (begun.some(({ clock }) => clock.utc <= utc - EARLY_MS)) return begun.slice(-MOST_ERAS)
      return segmentIndex.erasBegunBefore(read.outputTimeline.id, utcMs(utc + EARLY_MS), MOST_ERAS)
    },

    async era(endpoint: OriginEndpoint, id: number): Promise<Era | Absence> {
      return (await untilThere(endpoint, (read) => eraOf(read, id), isYetToCome, 'whole')) ?? 'not yet'
    },

    async extent(endpoint: OriginEndpoint) {
      const read = await reading(endpoint)
      const newest = read?.tail.newestSegment
      if (!read || !newest) return undefined
      const forever = utcMs(Number.MAX_SAFE_INTEGER)
      const [oldest] = await segmentIndex.outputSegmentsBetween(read.outputTimeline.id, utcMs(0), forever, 1)
      return oldest && { start: oldest.startUtc, end: endUtcOf(newest) }
    },
  } satisfies Partial<ArchiveReader>
}
