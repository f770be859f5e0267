import { TICKS_PER_SECOND, type Ticks, type UtcMs } from '../../media/time.ts'
import type { AdMarks } from '../ad-events/ad-event.ts'
import { type ArrivedMessage, adSignalsOf } from '../ad-events/signal.ts'
import { atSlot, begunAnew, goingOn, noAdEvents, takeSignals } from '../ad-events/step.ts'
import { inOrder, type SlotObject } from '../output-segment.ts'
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
  const messages = messagesIn(objects)
  const known = state.adEvents
  if (known?.era !== era.id) {
    if (!known && messages.length === 0) return undefined
    const events = era.continues === known?.era && known ? goingOn(known) : known ? begunAnew(known) : noAdEvents()
    state.adEvents = { ...events, era: era.id }
  }
  const events = state.adEvents!
  const refused = takeSignals(events, messages.flatMap(adSignalsOf), TOLERANCE)
  if (refused > 0) noteHabit(state, 'ad-events-left-out', `${refused} with one segment`)
  const marks = atSlot(events, slot, TOLERANCE)
  return Object.keys(marks).length > 0 ? { era: era.id, ...marks } : undefined
}

/** The messages of a slot in the order in which they arrived, each once though all variants carry it. */
function messagesIn(objects: Readonly<Record<number, SlotObject>>): readonly ArrivedMessage[] {
  const all = Object.values(objects).flatMap((object) => inOrder(object).flatMap(({ messages = [] }) => messages))
  const first = new Map<string, ArrivedMessage>()
  for (const message of all.toSorted((a, b) => a.arrival - b.arrival)) {
    if (!first.has(message.section)) first.set(message.section, message)
  }
  return [...first.values()]
}
