import { type DrawnPiece, itemsOf, rowOf } from '../content/drawn-content.ts'
import type { Item } from '../content/timeline-part.ts'
import { rulerTicks } from '../model/ruler.ts'
import { rangeOf } from '../model/selection.ts'
import type { Span } from '../model/span.ts'
import { boundsOf, type TimelineState } from '../model/state.ts'
import { type View, xAt } from '../model/view.ts'
import type { Zone } from '../model/zone.ts'
import type { Palette } from './palette.ts'
import { FILM_HEIGHT, type Row, RULER_HEIGHT, RULER_LINE_HEIGHT, STRIP_HEIGHT, stacked } from './row-layout.ts'

/** Something that has the size of a picture and is drawn as one. */
export type FilmFrame = { readonly x: number; readonly width: number; readonly picture: CanvasImageSource | undefined }

/** All that one picture of the timeline is made of. */
export type Scene = {
  readonly state: TimelineState
  readonly pieces: readonly DrawnPiece[]
  readonly rows: readonly Row[]
  readonly film: readonly FilmFrame[]
  readonly zones: readonly Zone[]
  readonly palette: Palette
  readonly height: number
}

type Canvas = CanvasRenderingContext2D

const FONT = '11px "Open Sans", system-ui, sans-serif'
/** What is narrower is drawn as wide as this, so that it is seen. */
const LEAST_PIXELS = 2

/** Draws the timeline from nothing, in CSS pixels. */
export function drawTimeline(canvas: Canvas, scene: Scene): void {
  const { state, palette, height, rows, pieces } = scene
  const { view } = state
  canvas.font = FONT
  canvas.textBaseline = 'middle'
  canvas.fillStyle = palette.background
  canvas.fillRect(0, 0, view.width, height)
  drawBeyond(canvas, scene)
  drawRulers(canvas, scene)
  drawFilm(canvas, scene)
  for (const row of rows) {
    canvas.fillStyle = palette.row
    canvas.fillRect(0, row.y, view.width, row.height)
    if (row.kind === 'inputs' || row.kind === 'outputs') drawContent(canvas, scene, row, row.kind)
    else drawItems(canvas, scene, row, itemsOf(pieces, row.kind))
  }
  drawSelection(canvas, scene)
}

/** What is before the archive and after the live edge. */
function drawBeyond(canvas: Canvas, { state: { view, archive }, palette, height }: Scene): void {
  const bounds = boundsOf(archive)
  canvas.fillStyle = palette.beyond
  for (const span of [
    { start: Math.min(bounds.start, view.start), end: archive.start },
    { start: archive.end, end: Math.max(bounds.end, view.end) },
  ]) {
    const box = boxOf(view, span)
    if (box) canvas.fillRect(box.x, RULER_HEIGHT, box.width, height - RULER_HEIGHT)
  }
}

/** One line for the viewer's zone, and one for UTC. */
function drawRulers(canvas: Canvas, { state: { view }, zones, palette, height }: Scene): void {
  for (const [n, zone] of zones.entries()) {
    const y = n * RULER_LINE_HEIGHT
    for (const { time, label, isNewDay } of rulerTicks(view, zone)) {
      const x = Math.round(xAt(view, time)) + 0.5
      const isLong = label !== undefined
      if (n === 0 && isLong)
        line(canvas, x, { y: RULER_HEIGHT, height: height - RULER_HEIGHT }, isNewDay ? palette.faintText : palette.line)
      line(canvas, x, tickAt(y, RULER_LINE_HEIGHT, isLong), isLong ? palette.faintText : palette.line)
      if (!isLong) continue
      canvas.fillStyle = n === 0 ? palette.text : palette.faintText
      canvas.fillText(label, x + 4, y + RULER_LINE_HEIGHT / 2)
    }
  }
}

/** From where to where something is, from above to below. */
type Band = { readonly y: number; readonly height: number }

/** Long lines reach from above, short ones are at the bottom. */
function tickAt(y: number, height: number, isLong: boolean): Band {
  const own = isLong ? height - 3 : 5
  return { y: y + height - own, height: own }
}

function line(canvas: Canvas, x: number, { y, height }: Band, colour: string): void {
  canvas.fillStyle = colour
  canvas.fillRect(Math.floor(x), y, 1, height)
}

function drawFilm(canvas: Canvas, { film, palette, state: { view } }: Scene): void {
  const y = RULER_HEIGHT + STRIP_HEIGHT
  canvas.fillStyle = palette.row
  canvas.fillRect(0, y, view.width, FILM_HEIGHT)
  for (const { x, width, picture } of film) {
    if (picture) canvas.drawImage(picture, x, y, width, FILM_HEIGHT)
    canvas.fillStyle = palette.line
    canvas.fillRect(x, y, 1, FILM_HEIGHT)
  }
}

function drawContent(
  canvas: Canvas,
  { state: { view }, pieces, palette }: Scene,
  row: Row,
  of: 'inputs' | 'outputs',
): void {
  const { content, gaps, events } = rowOf(pieces, of, row.id)
  canvas.fillStyle = of === 'outputs' ? palette.output : palette.content
  for (const span of content) fillSpan(canvas, view, span, { y: row.y + 3, height: row.height - 6 })
  for (const gap of gaps) {
    const box = boxOf(view, gap)
    if (!box) continue
    // Not by its colour alone: a gap is as high as the row, and framed.
    canvas.fillStyle = palette.background
    canvas.fillRect(box.x, row.y, Math.max(box.width, LEAST_PIXELS), row.height)
    canvas.fillStyle = palette.gap
    canvas.fillRect(box.x, row.y, Math.max(box.width, LEAST_PIXELS), 3)
    canvas.fillRect(box.x, row.y + row.height - 3, Math.max(box.width, LEAST_PIXELS), 3)
    if (box.width <= LEAST_PIXELS) canvas.fillRect(box.x, row.y, LEAST_PIXELS, row.height)
  }
  canvas.fillStyle = palette.event
  for (const { time } of events) drawEvent(canvas, xAt(view, time), row)
}

/** A triangle above a line. */
function drawEvent(canvas: Canvas, x: number, { y, height }: Row): void {
  canvas.beginPath()
  canvas.moveTo(x - 5, y)
  canvas.lineTo(x + 5, y)
  canvas.lineTo(x, y + 7)
  canvas.fill()
  canvas.fillRect(Math.round(x), y, 1, height)
}

function drawItems(canvas: Canvas, { state: { view }, palette }: Scene, row: Row, items: readonly Item[]): void {
  const most = row.height >= 30 ? 2 : 1
  const height = Math.floor((row.height - 2) / most)
  for (const { item, line } of stacked(items, most)) {
    const box = boxOf(view, item)
    if (!box) continue
    const y = row.y + 1 + line * height
    canvas.fillStyle = colourOf(item, row, palette)
    canvas.globalAlpha = item.isOpen ? 0.7 : 1
    canvas.fillRect(box.x, y, Math.max(box.width, LEAST_PIXELS), height - 1)
    canvas.globalAlpha = 1
    if (box.width > 24) drawLabel(canvas, item.label, { ...box, y, height }, palette.itemText)
  }
}

function colourOf({ status }: Item, { kind }: Row, palette: Palette): string {
  if (kind === 'adBreaks') return palette.adBreak
  if (kind === 'programmes') return palette.programme
  if (kind === 'clips') return palette.clip
  return status === 'FAILED' ? palette.failedJob : palette.job
}

type Box = { readonly x: number; readonly width: number }

function drawLabel(canvas: Canvas, text: string, box: Box & { y: number; height: number }, colour: string): void {
  canvas.save()
  canvas.beginPath()
  canvas.rect(box.x, box.y, box.width - 2, box.height)
  canvas.clip()
  canvas.fillStyle = colour
  // What began before the view has its name where the view begins.
  canvas.fillText(text, Math.max(box.x, 0) + 4, box.y + box.height / 2)
  canvas.restore()
}

function drawSelection(canvas: Canvas, { state: { view, selection, ranges }, palette, height }: Scene): void {
  const below = { y: RULER_HEIGHT, height: height - RULER_HEIGHT }
  canvas.fillStyle = palette.range
  for (const range of ranges) fillSpan(canvas, view, range, below)
  canvas.fillStyle = palette.selection
  const range = rangeOf(selection)
  if (range) fillSpan(canvas, view, range, below)
}

/** Fills a range over the width that it has in a view, of at least a pixel. */
export function fillSpan(canvas: Canvas, view: View, span: Span, { y, height }: Band): void {
  const box = boxOf(view, span)
  if (box) canvas.fillRect(box.x, y, Math.max(box.width, 1), height)
}

/** Where a range is on the canvas, a little beyond its edges at most; undefined where it is not in view. */
export function boxOf(view: View, { start, end }: Span): Box | undefined {
  if (end < view.start || start > view.end) return undefined
  const from = Math.max(-10, xAt(view, start))
  const to = Math.min(view.width + 10, xAt(view, end))
  return { x: from, width: Math.max(0, to - from) }
}
