import { LruCache } from '../../cache/lru-cache.ts'
import type { SegmentSummary } from '../../model/output-segment.ts'
import type { NumberRange } from '../../model/segment-numbers.ts'
import { readSummaryPage, type SummaryPage } from '../../model/segment-page.ts'

/** Output segments read and cached at a time; reading a page occupies the index for about a millisecond. */
const PAGE = 256
const CACHE_BYTES = 96 * 1024 * 1024
/** Pages that no window shows any more are not kept until the cache is full. */
const UNUSED_MS = 300_000

/** Reads a page of summaries. */
export type ReadPage = (range: NumberRange) => Promise<SummaryPage>

/** Caches the summaries of output segments in pages of consecutive numbers; a full page never changes. */
export class SegmentPages {
  private readonly pages: LruCache<readonly SegmentSummary[]>

  /** The clock, in milliseconds, is one that only passes. */
  constructor(clock: () => number) {
    this.pages = new LruCache(CACHE_BYTES, { unused: { afterMs: UNUSED_MS, clock } })
  }

  /**
   * The segments of an output timeline in a range of numbers, oldest first. The caller ensures that all up to
   * `range.last` exist.
   */
  async read(outputTimeline: number, range: NumberRange, readPage: ReadPage): Promise<readonly SegmentSummary[]> {
    const segments: SegmentSummary[] = []
    const read = (page: number) => {
      const reading = this.page(outputTimeline, page, range.last, readPage)
      // The failure is reported to whoever awaits this page; until then it must not count as unhandled.
      reading.catch(() => {})
      return reading
    }
    let page = Math.floor(range.after / PAGE)
    let next = read(page)
    while (page * PAGE < range.last) {
      const reading = next
      page++
      // The index looks up the next page while this one is parsed.
      if (page * PAGE < range.last) next = read(page)
      for (const segment of await reading) {
        if (segment.number > range.after && segment.number <= range.last) segments.push(segment)
      }
    }
    return segments
  }

  private async page(
    outputTimeline: number,
    page: number,
    newest: number,
    readPage: ReadPage,
  ): Promise<readonly SegmentSummary[]> {
    const key = `${outputTimeline}/${page}`
    const kept = this.pages.get(key)
    if (kept) return kept
    const last = (page + 1) * PAGE
    const { segments, bytes } = readSummaryPage(await readPage({ after: page * PAGE, last }))
    if (last <= newest) this.pages.put(key, segments, bytes)
    return segments
  }
}
