import { type DrawnPiece, itemsOf, rowOf } from '../content/drawn-content.ts'
import { lengthOf, type Span } from '../model/span.ts'
import { type View, xAt } from '../model/view.ts'
import type { Row } from './row-layout.ts'

/** Something that the timeline shows: what it is, and from when to when it lasts. */
export type Shown = Span & { readonly label: string }

/** As near as this to what is narrower, in pixels, it is meant. */
const REACH_PIXELS = 4

/** What is drawn at a place, in pixels from the upper left corner; the shortest of several. */
export function shownAt(
  pieces: readonly DrawnPiece[],
  rows: readonly Row[],
  view: View,
  { x, y }: { readonly x: number; readonly y: number },
): Shown | undefined {
  const row = rows.find((each) => y >= each.y && y < each.y + each.height)
  if (!row) return undefined
  return shownIn(pieces, row)
    .filter(({ start, end }) => xAt(view, start) - REACH_PIXELS <= x && x <= xAt(view, end) + REACH_PIXELS)
    .toSorted((a, b) => lengthOf(a) - lengthOf(b))[0]
}

/** All that is drawn in a row. */
export function shownIn(pieces: readonly DrawnPiece[], { kind, id }: Row): readonly Shown[] {
  if (kind !== 'inputs' && kind !== 'outputs') {
    return itemsOf(pieces, kind).map(({ start, end, label, status, isOpen }) => {
      const state = status === undefined ? '' : ` (${status})`
      return { start, end, label: `${label}${state}${isOpen ? ', goes on' : ''}` }
    })
  }
  const { content, gaps, events } = rowOf(pieces, kind, id)
  return [
    ...content.map(({ start, end }) => ({ start, end, label: 'Content' })),
    ...gaps.map(({ start, end, count }) => ({ start, end, label: count > 1 ? `${count} gaps` : 'Gap' })),
    ...events.map(({ time, label }) => ({ start: time, end: time, label })),
  ]
}
