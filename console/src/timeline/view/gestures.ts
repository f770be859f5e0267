import { ROWS_Y, RULER_HEIGHT, STRIP_HEIGHT } from '../drawing/row-layout.ts'
import type { Shown } from '../drawing/shown-at.ts'
import { pointedAt } from '../model/state.ts'
import { timeAt } from '../model/view.ts'
import type { TimelineStore } from '../store.ts'

/** What a pointer does where it was pressed. */
type Drag =
  | { readonly kind: 'scrub' }
  | { readonly kind: 'select'; readonly from: number }
  | { readonly kind: 'pan'; x: number; moved: boolean }
  | { readonly kind: 'pinch'; distance: number; middle: number }

const WHEEL_ZOOM = 1.0015
const LINE_PIXELS = 16
/** A pointer that moves no further has been clicked. */
const CLICK_PIXELS = 4

/**
 * Lets pointers and wheels change the timeline: the wheel zooms, sideways or with Shift it moves the view; two
 * fingers zoom; a pointer drags the playhead on the ruler and the pictures, a selection on the strip below the ruler,
 * and the view on the rows, where a click moves the playhead, and two select what is there. What a pointer rests on
 * is told in a tooltip. Returns what ends that.
 */
export function listenToGestures(
  canvas: HTMLCanvasElement,
  store: TimelineStore,
  shownAt: (place: { readonly x: number; readonly y: number }) => Shown | undefined,
): () => void {
  const ending = new AbortController()
  const pointers = new Map<number, { x: number }>()
  let drag: Drag | undefined
  const placeOf = ({ clientX, clientY }: MouseEvent) => {
    const { left, top } = canvas.getBoundingClientRect()
    return { x: clientX - left, y: clientY - top }
  }
  const xOf = (event: MouseEvent) => placeOf(event).x
  const momentAt = (x: number) => timeAt(store.state.view, x)
  const on = <K extends keyof HTMLElementEventMap>(type: K, listener: (event: HTMLElementEventMap[K]) => void) =>
    canvas.addEventListener(type, listener, { signal: ending.signal, passive: false })

  on('wheel', (event) => {
    event.preventDefault()
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PIXELS : 1
    const [dx, dy] = [event.deltaX * unit, event.deltaY * unit]
    if (event.shiftKey || Math.abs(dx) > Math.abs(dy)) {
      store.dispatch({ type: 'pan', pixels: Math.abs(dx) > Math.abs(dy) ? dx : dy })
    } else {
      // A pinch on a touchpad comes as a wheel with Ctrl, in small steps.
      const factor = WHEEL_ZOOM ** (event.ctrlKey ? dy * 6 : dy)
      store.dispatch({ type: 'zoom', factor, x: xOf(event) })
    }
  })

  on('pointerdown', (event) => {
    if (event.button !== 0) return
    canvas.setPointerCapture(event.pointerId)
    pointers.set(event.pointerId, { x: xOf(event) })
    drag = pointers.size === 2 ? pinchOf([...pointers.values()]) : begun(event)
    if (drag?.kind === 'scrub') scrub(xOf(event))
  })

  function begun(event: PointerEvent): Drag {
    const { x, y } = placeOf(event)
    const isOnStrip = y >= RULER_HEIGHT && y < RULER_HEIGHT + STRIP_HEIGHT
    if (isOnStrip) return { kind: 'select', from: pointedAt(store.state, momentAt(x)).time }
    return y < ROWS_Y ? { kind: 'scrub' } : { kind: 'pan', x, moved: false }
  }

  on('pointermove', (event) => {
    const pointer = pointers.get(event.pointerId)
    if (!pointer || !drag) {
      canvas.title = shownAt(placeOf(event))?.label ?? ''
      return
    }
    const x = xOf(event)
    pointer.x = x
    if (drag.kind === 'scrub') scrub(x)
    else if (drag.kind === 'select') select(drag.from, x)
    else if (drag.kind === 'pan') pan(drag, x)
    else pinch(drag)
  })

  const ended = (event: PointerEvent) => {
    pointers.delete(event.pointerId)
    if (drag?.kind === 'pan' && !drag.moved && event.type === 'pointerup') {
      store.dispatch({ type: 'rate', rate: 0 })
      store.dispatch({ type: 'drag', point: 'playhead', moment: momentAt(drag.x) })
    }
    drag = undefined
  }
  on('pointerup', ended)
  on('pointercancel', ended)

  on('dblclick', (event) => {
    const { start, end } = shownAt(placeOf(event)) ?? { start: 0, end: 0 }
    if (start < end) store.dispatch({ type: 'select', selection: { in: start, out: end } })
  })

  function scrub(x: number): void {
    store.dispatch({ type: 'rate', rate: 0 })
    store.dispatch({ type: 'drag', point: 'playhead', moment: momentAt(x) })
  }

  function select(from: number, x: number): void {
    const to = pointedAt(store.state, momentAt(x)).time
    if (from !== to) store.dispatch({ type: 'select', selection: { in: Math.min(from, to), out: Math.max(from, to) } })
  }

  function pan(panning: Extract<Drag, { kind: 'pan' }>, x: number): void {
    if (!panning.moved && Math.abs(x - panning.x) < CLICK_PIXELS) return
    store.dispatch({ type: 'pan', pixels: panning.x - x })
    panning.x = x
    panning.moved = true
  }

  function pinch(pinching: Extract<Drag, { kind: 'pinch' }>): void {
    const next = pinchOf([...pointers.values()])
    if (!next) return
    store.dispatch({ type: 'zoom', factor: pinching.distance / next.distance, x: next.middle })
    store.dispatch({ type: 'pan', pixels: pinching.middle - next.middle })
    Object.assign(pinching, next)
  }

  return () => ending.abort()
}

function pinchOf([a, b]: readonly { readonly x: number }[]): Extract<Drag, { kind: 'pinch' }> | undefined {
  if (!a || !b) return undefined
  return { kind: 'pinch', distance: Math.max(10, Math.abs(a.x - b.x)), middle: (a.x + b.x) / 2 }
}
