import { lengthOf, movedInto, type Span } from './span.ts'

/** What the timeline shows: a range of time over so many CSS pixels. */
export type View = Span & {
  /** More than 0. */
  readonly width: number
}

/** The closest one can look: four pictures at 25 Hz. */
export const SHORTEST_VIEW_MS = 160

export const msPerPixel = (view: View): number => lengthOf(view) / view.width

/** The whole millisecond at a distance in pixels from the left edge. */
export function timeAt(view: View, x: number): number {
  return view.start + Math.round((x * lengthOf(view)) / view.width)
}

/** The distance in pixels, with its fraction, from the left edge to a moment. */
export function xAt(view: View, moment: number): number {
  return ((moment - view.start) * view.width) / lengthOf(view)
}

/** A view of at least the shortest length that lies within `bounds` where these are longer. */
export function viewWithin(view: View, bounds: Span): View {
  const length = Math.round(Math.max(SHORTEST_VIEW_MS, Math.min(lengthOf(view), lengthOf(bounds))))
  const start = Math.round(view.start)
  return { ...movedInto({ start, end: start + length }, atLeastShortest(bounds)), width: view.width }
}

function atLeastShortest({ start, end }: Span): Span {
  return { start, end: Math.max(end, start + SHORTEST_VIEW_MS) }
}

/**
 * Shows `factor` times as much. What is at `x` stays there, unless the view would leave `bounds`: a factor below 1
 * looks closer.
 */
export function zoomed(view: View, factor: number, x: number, bounds: Span): View {
  const most = lengthOf(atLeastShortest(bounds))
  const length = Math.round(Math.max(SHORTEST_VIEW_MS, Math.min(lengthOf(view) * factor, most)))
  const pinned = view.start + (x * lengthOf(view)) / view.width
  const start = Math.round(pinned - (x * length) / view.width)
  return viewWithin({ start, end: start + length, width: view.width }, bounds)
}

/** Moves what is shown by so many pixels: a positive number shows what is later. */
export function panned(view: View, pixels: number, bounds: Span): View {
  const ms = Math.round(pixels * msPerPixel(view))
  return viewWithin({ ...view, start: view.start + ms, end: view.end + ms }, bounds)
}

/** Shows as much as before around a moment that is to be in view, and the same where it already is. */
export function showing(view: View, moment: number, bounds: Span): View {
  const margin = lengthOf(view) / 20
  if (moment >= view.start + margin && moment <= view.end - margin) return view
  const start = Math.round(moment - lengthOf(view) / 2)
  return viewWithin({ ...view, start, end: start + lengthOf(view) }, bounds)
}

/** Shows a range with some of what is around it. */
export function fitted(view: View, span: Span, bounds: Span): View {
  const margin = Math.max(SHORTEST_VIEW_MS / 2, lengthOf(span) * 0.15)
  return viewWithin(
    { start: Math.round(span.start - margin), end: Math.round(span.end + margin), width: view.width },
    bounds,
  )
}

/** The same range over another number of pixels. */
export const resized = (view: View, width: number): View => ({ ...view, width: Math.max(1, width) })
