import { type UtcMs, utcMs } from '../../media/time.ts'
import type { OutputSegment } from '../../model/output-segment.ts'
import type { SegmentIndex } from '../segment-index.ts'
import type { NumberRange, TimeWindow } from './output-segments.ts'
import type { Remote } from './remote.ts'

/** Output segments in one answer: about a millisecond of parsing on the caller's event loop. */
const PAGE = 128
/** Slots forgotten in one transaction: other writers get their turn between two. */
const STEP = 500

const ALWAYS: TimeWindow = { start: utcMs(Number.MIN_SAFE_INTEGER), end: utcMs(Number.MAX_SAFE_INTEGER) }

/** The port's large reads and deletions as many small requests, so that nobody waits behind them. */
export function stepwise(remote: Remote) {
  const page = async (numbering: number, range: NumberRange, window: TimeWindow, limit: number) =>
    JSON.parse(await remote.outputSegmentPage(numbering, range, window, limit)) as OutputSegment[]

  const pages = async (numbering: number, range: NumberRange | undefined, window: TimeWindow, limit: number) => {
    const segments: OutputSegment[] = []
    let rest = range
    while (rest && segments.length < limit) {
      const wanted = Math.min(PAGE, limit - segments.length)
      const next = await page(numbering, rest, window, wanted)
      for (const segment of next) segments.push(segment)
      const last = next.at(-1)
      rest = last && next.length === wanted ? { ...rest, after: last.number } : undefined
    }
    return segments
  }

  return {
    async outputSegment(numbering: number, number: number) {
      const [segment] = await page(numbering, { after: number - 1, last: number }, ALWAYS, 1)
      return segment
    },

    async lastOutputSegments(numbering: number, limit: number) {
      return pages(numbering, await remote.newestOutputSegments(numbering, limit), ALWAYS, limit)
    },

    async outputSegmentsBetween(numbering: number, start: UtcMs, end: UtcMs, limit: number) {
      const window = { start, end }
      return pages(numbering, await remote.outputSegmentRange(numbering, window), window, limit)
    },

    /** A crash on the way leaves the channel deleted and due: it is forgotten again. */
    async forgetChannel(channelGuid: string) {
      while (!(await remote.forgetSomeOfChannel(channelGuid, STEP)));
    },
  } satisfies Partial<SegmentIndex>
}
