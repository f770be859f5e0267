import { StepMeter, type Steps } from '../../media/steps.ts'
import type { UtcMs, UtcRange } from '../../media/time.ts'
import type { Lacking } from './segment-runs.ts'
import { SEAM_MS } from './slot-runs.ts'

/** What is asked for: a window, and the span of time that is shown as one, in milliseconds. */
export type View = { readonly window: UtcRange; readonly resolutionMs: number }

/** A span without media, or several that are too near to be told apart. */
export type Gap = UtcRange & {
  /** The streams that lack media in it; absent where there is nothing at all. */
  readonly streams?: readonly number[]
  /** How many gaps it stands for. One that stands for several begins with the first and ends with the last. */
  readonly count: number
}

/** Content as it is shown: where there is any, and where something is missing. */
export type ReducedContent = { readonly content: readonly UtcRange[]; readonly gaps: readonly Gap[] }

type Content = {
  /** Spans with content, in any order; they may overlap. */
  readonly spans: readonly UtcRange[]
  readonly lacking: readonly Lacking[]
  /** From the beginning of all that there is to its end, also outside the window; undefined where there is nothing. */
  readonly extent: UtcRange | undefined
}

/**
 * Content in a window as a view shows it. A gap that is narrower than the view's resolution does not interrupt the
 * content, but is among the gaps; there, narrow gaps that begin within one step of the resolution are one. So there are
 * at most two entries, of content or of each kind of gap, for each step of the resolution, but for spans that overlap.
 */
export function* reducedContent({ spans, lacking, extent }: Content, view: View): Steps<ReducedContent> {
  const { content, holes } = yield* coverage(spans, extent, view)
  const whole = new NarrowAsOne(view.resolutionMs)
  const meter = new StepMeter()
  for (const hole of holes) {
    whole.add(hole)
    if (meter.ends()) yield
  }
  const parts = new NarrowAsOne(view.resolutionMs)
  const inWindow = yield* within(lacking, view.window)
  for (const gap of joined(inWindow.sort(byStart))) {
    parts.add(gap)
    if (meter.ends()) yield
  }
  return { content, gaps: [...whole.gaps, ...parts.gaps].sort(byStart) }
}

const byStart = (a: UtcRange, b: UtcRange) => a.start - b.start

/** The parts of spans that lie in a window. */
function* within<S extends UtcRange>(spans: readonly S[], window: UtcRange): Steps<S[]> {
  const meter = new StepMeter()
  const parts: S[] = []
  for (const span of spans) {
    const start = Math.max(span.start, window.start) as UtcMs
    const end = Math.min(span.end, window.end) as UtcMs
    if (end > start) parts.push({ ...span, start, end })
    if (meter.ends()) yield
  }
  return parts
}

/** Where there is content, uninterrupted by holes that are narrower than the resolution; and all holes. */
function* coverage(spans: readonly UtcRange[], extent: UtcRange | undefined, { window, resolutionMs }: View) {
  const content: UtcRange[] = []
  const holes: UtcRange[] = []
  const sorted = (yield* within(spans, window)).sort(byStart)
  const meter = new StepMeter()
  // What lies before the oldest content and behind the newest is no gap.
  const goesBefore = extent !== undefined && extent.start < window.start
  const goesAfter = extent !== undefined && extent.end > window.end
  let open: { start: UtcMs; end: UtcMs } | undefined
  let until: UtcMs | undefined = goesBefore ? window.start : undefined
  for (const { start, end } of sorted) {
    if (until !== undefined && start > until + SEAM_MS) holes.push({ start: until, end: start })
    const isHole = open !== undefined && start - open.end >= Math.max(resolutionMs, SEAM_MS + 1)
    if (open && !isHole) open.end = Math.max(open.end, end) as UtcMs
    else {
      open = { start, end }
      content.push(open)
    }
    until = Math.max(until ?? end, end) as UtcMs
    if (meter.ends()) yield
  }
  if (goesAfter && (until !== undefined || goesBefore)) {
    const from = until ?? window.start
    if (window.end > from + SEAM_MS) holes.push({ start: from, end: window.end })
  }
  return { content, holes }
}

/** Neighbouring spans that lack the same streams as one. */
function* joined(lacking: readonly Lacking[]): Generator<Lacking> {
  let open: Lacking | undefined
  for (const span of lacking) {
    if (open && span.start <= open.end + SEAM_MS && open.streams.join() === span.streams.join()) {
      open = { ...open, end: Math.max(open.end, span.end) as UtcMs }
      continue
    }
    if (open) yield open
    open = span
  }
  if (open) yield open
}

/** Gaps in order, of which those that are narrower than a resolution are one where they begin within a step of it. */
class NarrowAsOne {
  readonly gaps: Gap[] = []
  private readonly resolutionMs: number
  private narrow: { start: UtcMs; end: UtcMs; streams?: readonly number[]; count: number } | undefined

  constructor(resolutionMs: number) {
    this.resolutionMs = resolutionMs
  }

  add({ start, end, streams }: UtcRange & { readonly streams?: readonly number[] }): void {
    const { narrow, resolutionMs } = this
    const gap = { start, end, ...(streams && { streams }), count: 1 }
    if (end - start >= resolutionMs) this.gaps.push(gap)
    else if (narrow && start - narrow.start < resolutionMs) {
      narrow.end = Math.max(narrow.end, end) as UtcMs
      narrow.count++
      if (streams) narrow.streams = [...new Set([...(narrow.streams ?? []), ...streams])].sort((a, b) => a - b)
    } else {
      this.narrow = gap
      this.gaps.push(gap)
    }
  }
}
