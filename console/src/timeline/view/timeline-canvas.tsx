import { useEffect, useRef } from 'react'
import type { TimelineContent } from '../content/timeline-content.ts'
import { drawTimeline } from '../drawing/draw-timeline.ts'
import type { Palette } from '../drawing/palette.ts'
import { heightOf, type Row } from '../drawing/row-layout.ts'
import { shownAt } from '../drawing/shown-at.ts'
import type { Filmstrip } from '../film/filmstrip.ts'
import type { Zone } from '../model/zone.ts'
import type { TimelineStore } from '../store.ts'
import type { Drawn } from './drawn.ts'
import { listenToGestures } from './gestures.ts'
import { Painter } from './painter.ts'

type TimelineCanvasProps = {
  readonly store: TimelineStore
  readonly content: TimelineContent
  readonly film: Filmstrip
  readonly drawn: Drawn
  readonly rows: readonly Row[]
  /** Of the rulers, from the top. */
  readonly zones: readonly Zone[]
}

/** The picture of the timeline. What it shows is also told by the elements beside it: sliders, and a list. */
export function TimelineCanvas({ store, content, film, drawn, rows, zones }: TimelineCanvasProps) {
  const place = useRef<HTMLCanvasElement>(null)
  const height = heightOf(rows)
  useEffect(() => {
    const canvas = place.current
    if (!canvas) return
    const draw = (context: CanvasRenderingContext2D, palette: Palette) => {
      const { state } = store
      const { pieces } = content
      drawTimeline(context, { state, pieces, rows, zones, palette, height, film: film.frames(state.view, pieces) })
    }
    const painter = new Painter(canvas, draw, (width) => store.dispatch({ type: 'width', width }))
    const ends = [
      store.subscribe(painter.paint),
      drawn.subscribe(painter.paint),
      listenToGestures(canvas, store, (place) => shownAt(content.pieces, rows, store.state.view, place)),
      () => painter.close(),
    ]
    return () => {
      for (const end of ends) end()
    }
  }, [store, content, film, drawn, rows, zones, height])
  return (
    <div aria-hidden="true">
      <canvas ref={place} className="timeline-canvas" style={{ height }} />
    </div>
  )
}
