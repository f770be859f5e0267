import { LruCache } from '../../cache/lru-cache.ts'
import type { SegmentSummary } from '../../model/output-segment.ts'
import type { NumberRange } from '../../model/segment-numbers.ts'
import { parsePage, type SegmentPageJson } from '../../model/segment-page.ts'
import { readSegmentSummary, type StoredSegmentSummary } from '../../model/segment-summary.ts'

/** Output segments read and kept at a time: the index is held for about a millisecond. */
const PAGE = 256
/** Kept segments take about so many bytes for each of their objects. */
const OBJECT_BYTES = 200
const CACHE_BYTES = 96 * 1024 * 1024

/** Gives JSON of `StoredSegmentSummary`s. */
export type ReadPage = (range: NumberRange) => Promise<SegmentPageJson<StoredSegmentSummary>>

/** What manifests need of output segments, by pages of consecutive numbers: a page that is full never changes. */
export class SegmentPages {
  private readonly pages = new LruCache<readonly SegmentSummary[]>(CACHE_BYTES)

  /**
   * The segments of an output timeline with these numbers, oldest first. All up to `range.last` are there to be read.
   */
  async read(outputTimeline: number, range: NumberRange, readPage: ReadPage): Promise<readonly SegmentSummary[]> {
    const segments: SegmentSummary[] = []
    const read = (page: number) => {
      const reading = this.page(outputTimeline, page, range.last, readPage)
      // Whoever waits for it is told; while the one before it is waited for, nobody does.
      reading.catch(() => {})
      return reading
    }
    let page = Math.floor(range.after / PAGE)
    let next = read(page)
    while (page * PAGE < range.last) {
      const reading = next
      page++
      // The index looks for a page while the one before it is taken apart.
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
    const segments = parsePage(await readPage({ after: page * PAGE, last })).map(readSegmentSummary)
    if (last <= newest)
      this.pages.put(
        key,
        segments,
        segments.reduce((sum, each) => sum + costOf(each), OBJECT_BYTES),
      )
    return segments
  }
}

function costOf({ slots }: SegmentSummary): number {
  return slots.reduce((sum, { objects }) => sum + (1 + Object.keys(objects).length) * OBJECT_BYTES, OBJECT_BYTES)
}
