import { type FrameGrid, frameRate } from '../model/frame-grid.ts'
import type { Mark, MarkKind } from '../model/snapping.ts'
import { common, overlaps, type Span } from '../model/span.ts'
import { drawnPieces, type Piece, type Tile } from '../model/tiles.ts'
import type { View } from '../model/view.ts'
import type { ContentRow, Item, TimelinePart } from './timeline-part.ts'

/** A piece of a view, and what the server told of the tile from which it is drawn. */
export type DrawnPiece = Piece & { readonly part: TimelinePart }

/** Of what a view is drawn: the tiles that are there, in the order of time. */
export function drawnPartsOf(view: View, get: (tile: Tile) => TimelinePart | undefined): readonly DrawnPiece[] {
  return drawnPieces(view, (tile) => get(tile) !== undefined).flatMap((piece) => {
    const part = get(piece.tile)
    return part ? [{ ...piece, part }] : []
  })
}

type DrawnRow = Omit<ContentRow, 'id' | 'extent'>

/** The content of all inputs, or outputs, that the pieces know. */
export function rowsOf(pieces: readonly DrawnPiece[], of: 'inputs' | 'outputs'): readonly DrawnRow[] {
  const ids = new Set(pieces.flatMap(({ part }) => part[of].map(({ id }) => id)))
  return [...ids].map((id) => rowOf(pieces, of, id))
}

/** The content of one input, or output, in several pieces as one row. */
export function rowOf(pieces: readonly DrawnPiece[], of: 'inputs' | 'outputs', id: string): DrawnRow {
  const found = pieces.flatMap((piece) => {
    const row = piece.part[of].find((each) => each.id === id)
    return row ? [{ piece, row }] : []
  })
  return {
    content: joined(found.flatMap(({ piece, row }) => clipped(row.content, piece))),
    gaps: found.flatMap(({ piece, row }) => clipped(row.gaps, piece)),
    events: found.flatMap(({ piece, row }) => row.events.filter(({ time }) => piece.start <= time && time < piece.end)),
  }
}

function clipped<S extends Span>(spans: readonly S[], piece: Span): readonly S[] {
  return spans.flatMap((span) => {
    const part = common(span, piece)
    return part ? [{ ...span, ...part }] : []
  })
}

/** Ranges of which one begins where the one before ends, as one. */
function joined(spans: readonly Span[]): readonly Span[] {
  const all: { start: number; end: number }[] = []
  for (const span of spans) {
    const last = all.at(-1)
    if (last && span.start <= last.end) last.end = Math.max(last.end, span.end)
    else all.push({ ...span })
  }
  return all
}

/** What has a name and lasts, each once, whole, also where only a part of it is in the pieces. */
export function itemsOf(
  pieces: readonly DrawnPiece[],
  of: 'adBreaks' | 'programmes' | 'clips' | 'jobs',
): readonly Item[] {
  const items = new Map<string, Item>()
  for (const { part, ...piece } of pieces) {
    for (const item of part[of]) if (overlaps(item, piece)) items.set(item.id, item)
  }
  return [...items.values()].sort((a, b) => a.start - b.start)
}

/** Moments of what is drawn at which one would cut. */
export function marksOf(pieces: readonly DrawnPiece[]): readonly Mark[] {
  const marks: Mark[] = []
  const add = (kind: MarkKind, spans: readonly Span[]) => {
    for (const { start, end } of spans) marks.push({ kind, time: start }, { kind, time: end })
  }
  for (const row of rowsOf(pieces, 'outputs')) {
    // Where a view begins or ends is no edge of content.
    const edges = row.content.flatMap(({ start, end }) => [start, end])
    marks.push(...edges.filter((time) => !isSeam(time, pieces)).map((time) => ({ kind: 'content' as const, time })))
    add(
      'gap',
      row.gaps.filter((gap) => gap.count === 1),
    )
    marks.push(...row.events.map(({ time }) => ({ kind: 'input switch' as const, time })))
  }
  add(
    'ad break',
    itemsOf(pieces, 'adBreaks').filter(({ isOpen }) => !isOpen),
  )
  add(
    'programme',
    itemsOf(pieces, 'programmes').filter(({ isOpen }) => !isOpen),
  )
  return marks
}

const isSeam = (time: number, pieces: readonly Span[]) =>
  pieces.some(({ start, end }) => time === start || time === end)

/** When pictures are shown, as far as the pieces tell; undefined where no rate is known. */
export function gridOf(pieces: readonly DrawnPiece[], perSecond: number | undefined): FrameGrid | undefined {
  const [known] = pieces.flatMap(({ part }) => part.frameRate ?? [])
  const rate = known ?? (perSecond === undefined ? undefined : frameRate(perSecond))
  if (!rate) return undefined
  const keyFrames = [...new Set(pieces.flatMap(({ part }) => part.keyFrames))].sort((a, b) => a - b)
  return { rate, keyFrames }
}
