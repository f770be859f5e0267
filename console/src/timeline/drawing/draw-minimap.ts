import type { TimelinePart } from '../content/timeline-part.ts'
import { rangeOf } from '../model/selection.ts'
import type { TimelineState } from '../model/state.ts'
import { type View, xAt } from '../model/view.ts'
import { boxOf, fillSpan } from './draw-timeline.ts'
import type { Palette } from './palette.ts'

export const MINIMAP_HEIGHT = 30

export type MinimapScene = {
  readonly state: TimelineState
  readonly overview: TimelinePart
  /** The whole archive over the width of the minimap. */
  readonly whole: View
  readonly palette: Palette
}

/** Draws the whole archive, and which part of it is in view. */
export function drawMinimap(canvas: CanvasRenderingContext2D, { state, overview, whole, palette }: MinimapScene): void {
  canvas.fillStyle = palette.row
  canvas.fillRect(0, 0, whole.width, MINIMAP_HEIGHT)
  const rows = overview.outputs.length > 0 ? overview.outputs : overview.inputs
  const height = (MINIMAP_HEIGHT - 12) / Math.max(1, rows.length)
  for (const [n, row] of rows.entries()) {
    const y = 6 + n * height
    canvas.fillStyle = palette.output
    for (const span of row.content) fillSpan(canvas, whole, span, { y, height: height - 1 })
    canvas.fillStyle = palette.gap
    for (const gap of row.gaps) fillSpan(canvas, whole, gap, { y, height: height - 1 })
  }
  canvas.fillStyle = palette.clip
  for (const span of [...overview.clips, ...overview.jobs])
    fillSpan(canvas, whole, span, { y: MINIMAP_HEIGHT - 5, height: 3 })
  canvas.fillStyle = palette.selection
  const selected = rangeOf(state.selection)
  if (selected) fillSpan(canvas, whole, selected, { y: 0, height: MINIMAP_HEIGHT })
  canvas.fillStyle = palette.playhead
  canvas.fillRect(Math.round(xAt(whole, state.playhead)), 0, 1, MINIMAP_HEIGHT)
  drawView(canvas, whole, state.view, palette)
}

function drawView(canvas: CanvasRenderingContext2D, whole: View, view: View, palette: Palette): void {
  const box = boxOf(whole, view)
  if (!box) return
  canvas.strokeStyle = palette.text
  canvas.lineWidth = 2
  canvas.strokeRect(box.x + 1, 1, Math.max(6, box.width) - 2, MINIMAP_HEIGHT - 2)
}
