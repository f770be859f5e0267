import './timeline.css'
import { type KeyboardEvent, useMemo, useRef, useSyncExternalStore } from 'react'
import { viewerZone } from '../../time/zone-choice.ts'
import type { TimelineContent } from '../content/timeline-content.ts'
import { heightOf, type Row, RULER_HEIGHT, RULER_LINE_HEIGHT, STRIP_HEIGHT } from '../drawing/row-layout.ts'
import type { Filmstrip } from '../film/filmstrip.ts'
import { type Command, commandOf } from '../model/keys.ts'
import { UTC, zoneNamed } from '../model/zone.ts'
import type { TimelineStore } from '../store.ts'
import type { Drawn } from './drawn.ts'
import { Handles } from './handles.tsx'
import { InViewList } from './in-view-list.tsx'
import { Minimap } from './minimap.tsx'
import { TimelineCanvas } from './timeline-canvas.tsx'
import { Transport } from './transport.tsx'

type TimelineViewProps = {
  readonly store: TimelineStore
  readonly content: TimelineContent
  readonly film: Filmstrip
  readonly drawn: Drawn
  readonly rows: readonly Row[]
  /** The zone in which times are told. */
  readonly zone: string
  readonly onCommand: (command: Command) => void
}

/** The timeline with its handles, buttons and keys. */
export function TimelineView({ store, content, film, drawn, rows, zone, onCommand }: TimelineViewProps) {
  const stage = useRef<HTMLDivElement>(null)
  const isLoading = useSyncExternalStore(drawn.subscribe, () => content.isLoading)
  const zones = useMemo(() => {
    const other = zone === 'UTC' ? zoneNamed(viewerZone()) : UTC
    return other.name === zone ? [zoneNamed(zone)] : [zoneNamed(zone), other]
  }, [zone])

  function onKeyDown(event: KeyboardEvent): void {
    const command = commandOf(event)
    if (command === undefined || isOfControl(event)) return
    event.preventDefault()
    onCommand(command)
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form.
    <div role="group" aria-label="Timeline" aria-busy={isLoading} onKeyDown={onKeyDown}>
      <Transport store={store} onCommand={onCommand} />
      <Minimap store={store} content={content} drawn={drawn} />
      <div className="timeline">
        <div className="timeline-labels" style={{ height: heightOf(rows) }} aria-hidden="true">
          {zones.map(({ name }, n) => (
            <span key={name} style={{ top: n * RULER_LINE_HEIGHT, height: RULER_LINE_HEIGHT }}>
              {name}
            </span>
          ))}
          <span style={{ top: RULER_HEIGHT, height: STRIP_HEIGHT }}>Selection</span>
          {rows.map(({ kind, id, label, y, height }) => (
            <span key={`${kind} ${id}`} style={{ top: y, height }}>
              {label}
            </span>
          ))}
        </div>
        <div className="timeline-stage" ref={stage} onPointerUp={() => focusPlayhead(stage.current)}>
          <TimelineCanvas store={store} content={content} film={film} drawn={drawn} rows={rows} zones={zones} />
          <Handles store={store} zone={zone} />
        </div>
      </div>
      <InViewList store={store} content={content} drawn={drawn} rows={rows} zone={zone} />
    </div>
  )
}

/** Keys work after a click on the picture of the timeline, which cannot have the focus itself. */
function focusPlayhead(stage: HTMLElement | null): void {
  if (stage?.contains(document.activeElement)) return
  stage?.querySelector<HTMLElement>('[role="slider"]')?.focus({ preventScroll: true })
}

/** Keys that the element with the focus has a meaning for itself. */
function isOfControl({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof Element)) return false
  if (target.closest('input, textarea, select, [contenteditable="true"]:not([role="slider"])')) {
    return !(target instanceof HTMLInputElement && target.type === 'checkbox' && key !== ' ' && key !== 'Enter')
  }
  return (key === ' ' || key === 'Enter') && target.closest('button, a, summary, [role="button"]') !== null
}
