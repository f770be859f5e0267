import type { Item, TimelinePart } from '../content/timeline-part.ts'

export type RowKind = 'outputs' | 'inputs' | 'adBreaks' | 'programmes' | 'clips' | 'jobs'

/** A row of the timeline, its place in CSS pixels below the top of the canvas. */
export type Row = {
  readonly kind: RowKind
  /** Of an input or output. */
  readonly id: string
  readonly label: string
  readonly y: number
  readonly height: number
}

/** Of one zone; there are two at most. */
export const RULER_LINE_HEIGHT = 18
export const RULER_HEIGHT = 2 * RULER_LINE_HEIGHT
export const STRIP_HEIGHT = 20
export const FILM_HEIGHT = 58
/** Where rows begin. */
export const ROWS_Y = RULER_HEIGHT + STRIP_HEIGHT + FILM_HEIGHT + 2

const HEIGHTS: Readonly<Record<RowKind, number>> = {
  outputs: 24,
  inputs: 20,
  adBreaks: 20,
  programmes: 20,
  clips: 30,
  jobs: 30,
}
const SPACE = 3

/** The rows of a channel: one for each output and input that is known, and one for each kind of what has a name. */
export function rowLayout({ inputs, outputs }: Pick<TimelinePart, 'inputs' | 'outputs'>): readonly Row[] {
  const named: readonly (readonly [RowKind, string, string])[] = [
    ...outputs.map(({ id }) => ['outputs', id, outputs.length > 1 ? `Output, ${id}` : 'Output'] as const),
    ...inputs.map(({ id }, n) => ['inputs', id, `Input ${n + 1}`] as const),
    ['adBreaks', '', 'Ad breaks'],
    ['programmes', '', 'Programmes'],
    ['clips', '', 'Clips'],
    ['jobs', '', 'Harvest jobs'],
  ]
  let y = ROWS_Y
  return named.map(([kind, id, label]) => {
    const row = { kind, id, label, y, height: HEIGHTS[kind] }
    y += row.height + SPACE
    return row
  })
}

export function heightOf(rows: readonly Row[]): number {
  const last = rows.at(-1)
  return last ? last.y + last.height + SPACE : ROWS_Y
}

/** Items that last at the same time one below the other, in at most `most` lines. */
export function stacked(items: readonly Item[], most: number): { readonly item: Item; readonly line: number }[] {
  const ends: number[] = []
  return items.map((item) => {
    const free = ends.findIndex((end) => end <= item.start)
    const line = free >= 0 ? free : Math.min(ends.length, most - 1)
    ends[line] = Math.max(ends[line] ?? 0, item.end)
    return { item, line }
  })
}
