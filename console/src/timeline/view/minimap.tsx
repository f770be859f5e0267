import { useEffect, useRef } from 'react'
import type { TimelineContent } from '../content/timeline-content.ts'
import { drawMinimap, MINIMAP_HEIGHT } from '../drawing/draw-minimap.ts'
import type { Palette } from '../drawing/palette.ts'
import { lengthOf } from '../model/span.ts'
import { boundsOf } from '../model/state.ts'
import { timeAt, type View } from '../model/view.ts'
import type { TimelineStore } from '../store.ts'
import type { Drawn } from './drawn.ts'
import { Painter } from './painter.ts'

type MinimapProps = { readonly store: TimelineStore; readonly content: TimelineContent; readonly drawn: Drawn }

/** The whole archive, on which what is in view is dragged. For those who do not see it there are keys. */
export function Minimap({ store, content, drawn }: MinimapProps) {
  const place = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const canvas = place.current
    if (!canvas) return
    const whole = (): View => ({ ...boundsOf(store.state.archive), width: Math.max(1, canvas.clientWidth) })
    const draw = (context: CanvasRenderingContext2D, palette: Palette) => {
      drawMinimap(context, { state: store.state, overview: content.overview, whole: whole(), palette })
    }
    const painter = new Painter(canvas, draw, () => {})
    const show = (event: PointerEvent) => {
      if (event.buttons !== 1) return
      canvas.setPointerCapture(event.pointerId)
      const middle = timeAt(whole(), event.clientX - canvas.getBoundingClientRect().left)
      const length = lengthOf(store.state.view)
      const start = Math.round(middle - length / 2)
      store.dispatch({ type: 'view', span: { start, end: start + length } })
    }
    const ending = new AbortController()
    canvas.addEventListener('pointerdown', show, { signal: ending.signal })
    canvas.addEventListener('pointermove', show, { signal: ending.signal })
    const ends = [
      () => ending.abort(),
      store.subscribe(painter.paint),
      drawn.subscribe(painter.paint),
      () => painter.close(),
    ]
    return () => {
      for (const end of ends) end()
    }
  }, [store, content, drawn])
  return (
    <div aria-hidden="true">
      <canvas ref={place} className="timeline-minimap" style={{ height: MINIMAP_HEIGHT }} />
    </div>
  )
}
