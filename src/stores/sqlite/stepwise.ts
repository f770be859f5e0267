import { type UtcMs, type UtcRange, utcMs } from '../../media/time.ts'
import type { OutputSegment } from '../../model/output-segment.ts'
import type { EraTime, NumberRange } from '../../model/segment-numbers.ts'
import { parseSegmentPage } from '../../model/segment-page.ts'
import type { SegmentIndex } from '../segment-index.ts'
import type { Remote } from './remote.ts'

/** Output segments in one reply, which take about a millisecond to parse on the caller's event loop. */
const PAGE = 128
/** Slots deleted in one transaction; other writers take their turn in between. */
const STEP = 64

const ALWAYS: UtcRange = { start: utcMs(Number.MIN_SAFE_INTEGER), end: utcMs(Number.MAX_SAFE_INTEGER) }

/** The port's large reads and deletions, as many small requests, so that no other request waits long. */
export function stepwise(remote: Remote) {
  const pages = async (outputTimeline: number, range: NumberRange | undefined, window: UtcRange, limit: number) => {
    const segments: OutputSegment[] = []
    let after = range?.after ?? 0
    while (range && after < range.last && segments.length < limit) {
      const last = Math.min(after + PAGE, after + limit - segments.length, range.last)
      const page = await remote.outputSegmentPage(outputTimeline, { after, last }, window)
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
      return pages(outputTimeline, await remote.newestOutputSegments(outputTimeline, limit), ALWAYS, limit)
    },

    async outputSegmentsBetween(outputTimeline: number, start: UtcMs, end: UtcMs, limit: number) {
      const window = { start, end }
      return pages(outputTimeline, await remote.outputSegmentRange(outputTimeline, window), window, limit)
    },

    async outputSegmentsNumbered(outputTimeline: number, range: NumberRange) {
      return pages(outputTimeline, range, ALWAYS, range.last - range.after)
    },

    async outputSegmentsAround(outputTimeline: number, place: EraTime, count: number) {
      return pages(
        outputTimeline,
        await remote.outputSegmentsBeginningAround(outputTimeline, place, count),
        ALWAYS,
        2 * count,
      )
    },

    /**
     * Deletes everything of a channel. After a crash in between, the channel is still deleted and due, and this runs
     * again.
     */
    async forgetChannel(channelGuid: string) {
      while (!(await remote.forgetSomeOfChannel(channelGuid, STEP)));
    },
  } satisfies Partial<SegmentIndex>
}
