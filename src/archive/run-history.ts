import { SerialQueue } from '../concurrency/serial-queue.ts'
import { type UtcMs, type UtcRange, utcMs } from '../media/time.ts'
import type { NumberRange } from '../model/segment-numbers.ts'
import type { RunSpan } from '../stores/run-reader.ts'

/** What is read of one span: `cost` is what it takes in memory, in entries. */
export type Costly = { readonly cost: number }

/** Where the spans of a history are read. */
export type RunSource<Page extends Costly> = {
  /** The spans after a place, in order; none at the end. */
  readonly spans: (after: number) => Promise<readonly RunSpan[]>
  readonly page: (span: RunSpan) => Promise<Page>
  /** What is left of some spans. */
  readonly left: (spans: readonly NumberRange[]) => Promise<readonly (RunSpan | undefined)[]>
}

/** What may have changed since a history was read, by the server's clock. */
export type HistoryAge = {
  /** What was sealed after this may not have been seen by whoever read before. */
  readonly settledBefore: UtcMs
  /** What was sealed before this may have been deleted since. */
  readonly deletedBefore: UtcMs
}

export type PageInRange<Page> = { readonly page: Page; readonly span: RunSpan }

type Part<Page> = { span: RunSpan; page: Page | undefined }

/** Spans of which is asked at once what is left of them. */
const LOOKED_AT_ONCE = 32
/** Before everything that is sealed or numbered. */
const BEGINNING = -1

/**
 * How the content of an input, or of an output timeline, lies in time. What has not changed is read once: the extent of
 * every span, and of those that somebody asked for the runs.
 */
export class RunHistory<Page extends Costly> {
  private readonly source: RunSource<Page>
  /** Spans that are full and settled. */
  private parts: Part<Page>[] = []
  /** Those after them, as they were when somebody last read. */
  private unsettled: readonly Part<Page>[] = []
  private readonly queue = new SerialQueue()

  constructor(source: RunSource<Page>) {
    this.source = source
  }

  /** What it takes in memory, in entries. */
  get cost(): number {
    return 1 + costOf(this.parts) + costOf(this.unsettled)
  }

  /**
   * The pages with content in a window, in their order, and from when to when there is any at all. One request is
   * served at a time, so that others find what it has read.
   */
  read(
    window: UtcRange,
    age: HistoryAge,
  ): Promise<{ readonly pages: readonly PageInRange<Page>[]; extent?: UtcRange }> {
    return this.queue.run(async () => {
      await this.noticeDeletion(age)
      const unsettled = await this.laterParts(age)
      const all = [...this.parts, ...unsettled]
      const pages: PageInRange<Page>[] = []
      for (const part of all) {
        const { range } = part.span
        if (range.start >= window.end || range.end <= window.start) continue
        part.page ??= await this.source.page(part.span)
        pages.push({ page: part.page, span: part.span })
      }
      return { pages, ...(all.length > 0 && { extent: extentOf(all.map(({ span }) => span.range)) }) }
    })
  }

  /** Forgets what was read of spans from which something has been deleted. */
  private async noticeDeletion({ deletedBefore }: HistoryAge): Promise<void> {
    const old = this.parts.filter(({ span }) => span.sealed.first < deletedBefore)
    if (old.length === 0) return
    const left: (RunSpan | undefined)[] = []
    for (let i = 0; i < old.length; i += LOOKED_AT_ONCE)
      left.push(...(await this.source.left(old.slice(i, i + LOOKED_AT_ONCE).map(({ span }) => span))))
    const gone = new Set<Part<Page>>()
    for (const [i, part] of old.entries()) {
      const span = left[i]
      if (!span) gone.add(part)
      else if (span.count !== part.span.count) {
        part.span = span
        part.page = undefined
      }
    }
    this.parts = this.parts.filter((part) => !gone.has(part))
  }

  /** Finds the spans that are not known; keeps those that are settled, and returns the others. */
  private async laterParts({ settledBefore }: HistoryAge): Promise<readonly Part<Page>[]> {
    const unsettled: Part<Page>[] = []
    let after = this.parts.at(-1)?.span.last ?? BEGINNING
    for (;;) {
      const spans = await this.source.spans(after)
      for (const span of spans) {
        const isSettled = unsettled.length === 0 && span.isFull && span.sealed.last < settledBefore
        // Content only comes and goes: a span with as much of it, from and to the same moments, has the same.
        const part = { span, page: this.unsettled.find((before) => hasTheSame(before.span, span))?.page }
        if (isSettled) this.parts.push(part)
        else unsettled.push(part)
        after = span.last
      }
      if (!spans.at(-1)?.isFull) {
        this.unsettled = unsettled
        return unsettled
      }
    }
  }
}

function costOf(parts: readonly Part<Costly>[]): number {
  return parts.reduce((sum, { page }) => sum + 1 + (page?.cost ?? 0), 0)
}

function hasTheSame(a: RunSpan, b: RunSpan): boolean {
  return (
    a.after === b.after &&
    a.count === b.count &&
    a.sealed.first === b.sealed.first &&
    a.sealed.last === b.sealed.last &&
    a.range.start === b.range.start &&
    a.range.end === b.range.end
  )
}

function extentOf(ranges: readonly UtcRange[]): UtcRange {
  let [start, end] = [Infinity, -Infinity]
  for (const range of ranges) {
    if (range.start < start) start = range.start
    if (range.end > end) end = range.end
  }
  return { start: utcMs(start), end: utcMs(end) }
}
