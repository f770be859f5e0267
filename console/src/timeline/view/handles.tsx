import { type KeyboardEvent, type PointerEvent, useRef } from 'react'
import { frameTimeText } from '../model/frame-time.ts'
import { commandOf } from '../model/keys.ts'
import { dragged, type Selection } from '../model/selection.ts'
import { movedByCommand, type TimelineState } from '../model/state.ts'
import { timeAt, xAt } from '../model/view.ts'
import { type TimelineStore, useTimeline } from '../store.ts'

type Point = 'playhead' | 'in' | 'out'

const NAMES: Readonly<Record<Point, string>> = { playhead: 'Playhead', in: 'In point', out: 'Out point' }

/** The playhead and the points of the selection: sliders, for pointers, keys and screen readers. */
export function Handles({ store, zone }: { readonly store: TimelineStore; readonly zone: string }) {
  const { in: start, out: end } = useTimeline(store, (state) => state.selection)
  return (
    <>
      <Handle store={store} zone={zone} point="playhead" />
      {start !== undefined && <Handle store={store} zone={zone} point="in" />}
      {end !== undefined && <Handle store={store} zone={zone} point="out" />}
    </>
  )
}

const momentOf = ({ playhead, selection }: TimelineState, point: Point) =>
  point === 'playhead' ? playhead : (selection[point] ?? playhead)

type HandleProps = { readonly store: TimelineStore; readonly zone: string; readonly point: Point }

function Handle({ store, zone, point }: HandleProps) {
  const state = useTimeline(store, (each) => each)
  const isDragged = useRef(false)
  const moment = momentOf(state, point)
  const x = xAt(state.view, moment)
  const isInView = x >= 0 && x <= state.view.width

  function drag(event: PointerEvent<HTMLElement>): void {
    if (!isDragged.current) return
    const parent = event.currentTarget.parentElement
    if (!parent) return
    const at = event.clientX - parent.getBoundingClientRect().left
    if (point === 'playhead') store.dispatch({ type: 'rate', rate: 0 })
    store.dispatch({ type: 'drag', point, moment: timeAt(store.state.view, at) })
  }

  return (
    <div
      role="slider"
      tabIndex={0}
      className={`timeline-handle timeline-handle-${point}`}
      // One that is out of view stays at the edge, so that it can be reached by keys.
      style={{ left: Math.max(0, Math.min(x, state.view.width)), opacity: isInView ? 1 : 0.35 }}
      aria-label={NAMES[point]}
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={seconds(state.archive.end - state.archive.start)}
      aria-valuenow={seconds(moment - state.archive.start)}
      aria-valuetext={valueText(state, moment, zone)}
      onPointerDown={(event) => {
        if (event.button !== 0) return
        isDragged.current = true
        event.currentTarget.setPointerCapture(event.pointerId)
      }}
      onPointerMove={drag}
      onPointerUp={() => (isDragged.current = false)}
      onPointerCancel={() => (isDragged.current = false)}
      onKeyDown={(event) => point !== 'playhead' && moveByKey(store, point, event)}
    >
      <span className="timeline-handle-grip" />
    </div>
  )
}

const seconds = (ms: number) => Math.round(ms) / 1000

function valueText({ grid, isLive, archive }: TimelineState, moment: number, zone: string): string {
  const time = `${frameTimeText(moment, zone, grid)} ${zone}`
  return isLive && moment === archive.end ? `${time}, at the live edge` : time
}

/** Keys that move the playhead move a point of the selection while that has the focus. */
function moveByKey(store: TimelineStore, point: 'in' | 'out', event: KeyboardEvent): void {
  const command = commandOf(event)
  const { selection } = store.state
  const moment = selection[point]
  if (command === undefined || moment === undefined) return
  const target = movedByCommand(store.state, moment, command)
  if (target === undefined) return
  event.preventDefault()
  event.stopPropagation()
  const next: Selection = dragged(selection, point, target, 1)
  store.dispatch({ type: 'select', selection: next })
}
