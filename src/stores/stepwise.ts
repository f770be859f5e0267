import { type UtcMs, type UtcRange, utcMs } from '../media/time.ts'
import type { OutputSegment } from '../model/output-segment.ts'
import type { EraTime, NumberRange } from '../model/segment-numbers.ts'
import { parseSegmentPage } from '../model/segment-page.ts'
import type { SegmentIndex } from './segment-index.ts'

/** Output segments in one reply, which take about a millisecond to parse on the caller's event loop. */
const PAGE = 128
/** Slots deleted in one transaction; other writers take their turn in between. */
const STEP = 64

/** The small requests of which the port's large reads and deletions are made. */
export type SmallRequests = Pick<SegmentIndex, 'outputSegmentPage' | 'outputSegmentRange'> & {
  /** The numbers of the newest `count` segments. */
  newestOutputSegments(outputTimeline: number, count: number): Promise<NumberRange | undefined>
  /**
   * The numbers of the last `count` segments of an era that begin at or before a time of it, and the first `count`
   * after.
   */
  outputSegmentsBeginningAround(outputTimeline: number, place: EraTime, count: number): Promise<NumberRange | undefined>
  /** Deletes at most `limit` slots and objects of a channel, unless something of it is pinned. */
  forgetSomeOfChannel(channelGuid: string, limit: number): Promise<'some left' | 'all gone' | 'pinned'>
}

const ALWAYS: UtcRange = { start: utcMs(Number.MIN_SAFE_INTEGER), end: utcMs(Number.MAX_SAFE_INTEGER) }

/** The port's large reads and deletions, as many small requests, so that no other request waits long. */
export function stepwise(requests: SmallRequests) {
  const pages = async (outputTimeline: number, range: NumberRange | undefined, window: UtcRange, limit: number) => {
    const segments: OutputSegment[] = []
    let after = range?.after ?? 0
    while (range && after < range.last && segments.length < limit) {
      const last = Math.min(after + PAGE, after + limit - segments.length, range.last)
      const page = await requests.outputSegmentPage(outputTimeline, { after, last }, window)
      for (const segment of parseSegmentPage(page)) segments.push(segment)
      after = last
    }
    return segments
  }

  return {
    async outputSegment(outputTimeline: number, number: number) {
      const [segment] = await pages(outputTimeline, { after: number - 1, last: number }, ALWAYS, 1)
      return segment
    },

    async lastOutputSegments(outputTimeline: number, limit: number) {
      return pages(outputTimeline, await requests.newestOutputSegments(outputTimeline, limit), ALWAYS, limit)
    },

    async outputSegmentsBetween(outputTimeline: number, start: UtcMs, end: UtcMs, limit: number) {
      const window = { start, end }
      return pages(outputTimeline, await requests.outputSegmentRange(outputTimeline, window), window, limit)
    },

    async outputSegmentsNumbered(outputTimeline: number, range: NumberRange) {
      return pages(outputTimeline, range, ALWAYS, range.last - range.after)
    },

    async outputSegmentsAround(outputTimeline: number, place: EraTime, count: number) {
      return pages(
        outputTimeline,
        await requests.outputSegmentsBeginningAround(outputTimeline, place, count),
        ALWAYS,
        2 * count,
      )
    },

    /**
     * Deletes everything of a channel. After a crash in between, the channel is still deleted and due, and this runs
     * again.
     */
    async forgetChannel(channelGuid: string) {
      for (;;) {
        const done = await requests.forgetSomeOfChannel(channelGuid, STEP)
        if (done !== 'some left') return done === 'all gone'
      }
    },
  } satisfies Partial<SegmentIndex>
}

/** The operations of the port that are made of small requests. */
export type Stepwise = ReturnType<typeof stepwise>
