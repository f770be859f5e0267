import { TICKS_PER_SECOND, type Ticks, type UtcMs } from '../../media/time.ts'
import type { AdMarks } from '../ad-events/ad-event.ts'
import { adSignalsOf, distinctMessages } from '../ad-events/signal.ts'
import { type AdEventsState, atSlot, goingOn, noAdEvents, takeSignals } from '../ad-events/step.ts'
import { objectsOf, type SlotObject } from '../output-segment.ts'
import { noteHabit } from './habits.ts'
import type { OpenEra, TimelineState } from './state.ts'

/** Half a picture at 25 a second: senders round times to where pictures are. */
const TOLERANCE = TICKS_PER_SECOND / 50

/**
 * The ad events that begin, end and go on with a slot that is being sealed, by the messages that have come until then,
 * its own among them. Undefined where there are none.
 */
export function adMarksAt(
  state: TimelineState,
  era: OpenEra,
  slot: { readonly index: number; readonly start: Ticks; readonly startUtc: UtcMs },
  objects: Readonly<Record<number, SlotObject>>,
): AdMarks | undefined {
  const messages = distinctMessages(objectsOf({ objects }).flatMap(({ messages: own = [] }) => own))
  const known = state.adEvents
  if (known?.era !== era.id) {
    if (!known && messages.length === 0) return undefined
    state.adEvents = { ...eventsOf(era, known), era: era.id }
  }
  const events = state.adEvents!
  const untaken = takeSignals(events, messages.flatMap(adSignalsOf), TOLERANCE)
  const { marks, leftOut } = atSlot(events, slot, TOLERANCE)
  if (untaken + leftOut > 0) noteHabit(state, 'ad-events-left-out', `${untaken + leftOut} with one segment`)
  return Object.keys(marks).length > 0 ? { era: era.id, ...marks } : undefined
}

/** The events of an era in which none has been sealed yet, beside those of the era that was sealed last. */
function eventsOf(era: OpenEra, known: TimelineState['adEvents']): AdEventsState {
  return known && era.continues === known.era ? goingOn(known) : noAdEvents()
}
