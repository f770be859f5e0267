import { TICKS_PER_SECOND, type UtcMs } from '../../media/time.ts'
import type { AdEvent } from '../../model/ad-events/ad-event.ts'
import { type EventsWindow, shownEvents } from './shown-events.ts'

/** An ad event as a report tells of it. Dates are those that messages state, and may lie outside the window. */
export type ToldEvent = {
  readonly id: number
  readonly kind: AdEvent['kind']
  /** segmentation_type_id */
  readonly typeId?: number
  readonly upid?: NonNullable<AdEvent['upid']>
  readonly start: UtcMs
  /** Absent where it has not ended in the window. */
  readonly end?: UtcMs
  /** In seconds; absent where no message says. */
  readonly plannedSeconds?: number
}

/** The ad events that are open anywhere in a window, by their beginnings; at most `limit`. */
export function toldEvents(window: EventsWindow, limit: number): readonly ToldEvent[] {
  const told = new Map<string, ToldEvent>()
  const add = ({ id, kind, typeId, upid, startUtc, plannedDuration }: AdEvent, end?: UtcMs) => {
    const key = [kind, id, typeId, startUtc].join()
    const isKnown = told.has(key)
    if (isKnown ? end === undefined : told.size >= limit) return
    told.set(key, {
      id,
      kind,
      ...(typeId !== undefined && { typeId }),
      ...(upid && { upid }),
      start: startUtc,
      ...(end !== undefined && { end }),
      ...(plannedDuration !== undefined && { plannedSeconds: plannedDuration / TICKS_PER_SECOND }),
    })
  }
  for (const [segment, { begins, ends, goesOn }] of shownEvents(window)) {
    // What ends where a window begins is not in it.
    if (segment !== window.segments[0]) for (const { event, endUtc, isCut } of ends) if (!isCut) add(event, endUtc)
    for (const event of [...goesOn, ...begins]) add(event)
  }
  return [...told.values()]
}
