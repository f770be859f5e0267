import { overlaps, type Span } from '../model/span.ts'
import type { Tile } from '../model/tiles.ts'
import { msPerPixel, type View } from '../model/view.ts'

/** Lengths of cells in milliseconds: each at most half as long again as the one before. */
const STEPS: readonly number[] = [100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000].flatMap((power) =>
  [1, 1.5, 2, 3, 4, 6, 8].map((times) => power * times),
)

/** A part of a filmstrip, with the moment whose picture it has. */
export type FilmCell = Tile & { readonly moment: number }

/**
 * The cells of a filmstrip, each at least so many pixels wide, where there is content. They begin at multiples of their
 * length, so that pictures stay the same when the view is moved.
 */
export function filmCells(view: View, leastPixels: number, content: readonly Span[]): readonly FilmCell[] {
  const least = msPerPixel(view) * leastPixels
  const level = Math.max(
    0,
    STEPS.findIndex((step) => step >= least),
  )
  const length = STEPS[level]!
  const cells: FilmCell[] = []
  for (let start = Math.floor(view.start / length) * length; start < view.end; start += length) {
    const cell = { level, start, end: start + length }
    const spans = content.filter((span) => overlaps(span, cell))
    if (spans.length === 0) continue
    const first = Math.min(...spans.map((span) => span.start))
    cells.push({ ...cell, moment: Math.max(first, cell.start) })
  }
  return cells
}
