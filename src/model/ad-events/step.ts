import { msBetween, TICKS_PER_SECOND, type Ticks, ticks, type UtcMs, utcMs } from '../../media/time.ts'
import type { AdEvent, AdEventEnd, AdMarks, OpenAdEvent } from './ad-event.ts'
import type { AdSignal } from './signal.ts'

/** The ad events of an era that are not over: small, plain data, saved with the era. */
export type AdEventsState = {
  /** Events that have been signalled and have not begun, in the order in which they were. */
  announced: PlannedEvent[]
  /** Events that have begun, in the order in which they did. */
  open: OpenEvent[]
  /** Events that were over last, of which messages may still be repeated. */
  over: readonly OverEvent[]
}

/** A slot's place in its era, and its start on the timeline of that and by the source's clock. */
type SlotStart = { readonly index: number; readonly start: Ticks; readonly startUtc: UtcMs }

/** An event with what is known of its end. */
type PlannedEvent = Omit<AdEvent, 'number' | 'startUtc' | 'plannedDuration'> & {
  plannedDuration?: Ticks
  /** Known where it has begun in the era before. */
  startUtc?: UtcMs
  isImmediate?: true
  endsByItself?: true
  /** When a message says that it ends, and that message. */
  end?: Ticks
  closer?: string
}

type OverEvent = Pick<AdEvent, 'kind' | 'id' | 'start'> & { readonly typeId?: number }

type OpenEvent = PlannedEvent & { readonly number: number; readonly startUtc: UtcMs }

/** Events that are announced, or open, at a time: real streams have a handful. */
const MOST_EVENTS = 64
const MOST_OVER = 16
/** Letters of the sections of events that are announced, that are open, and that begin with one slot. */
const MOST_LETTERS = { announced: 32 * 1024, open: 64 * 1024, begun: 32 * 1024 }

/** Encoders announce splices minutes ahead, and some tell them late. Other times are not of this stream. */
const MOST_AHEAD: Ticks = ticks(12 * 3600 * TICKS_PER_SECOND)
const MOST_LATE: Ticks = ticks(3600 * TICKS_PER_SECOND)

/** Program Start, SCTE 35 §10.3.3.1: another one ends it, since a channel shows one programme at a time. */
const PROGRAM_START = 0x10

export function noAdEvents(): AdEventsState {
  return { announced: [], open: [], over: [] }
}

/**
 * Takes what messages say into the state, in the order in which they arrived. Times that differ by no more than
 * `tolerance` ticks are the same. Gives the number of events that are left out: those whose time is not of this stream,
 * and of too many, those with the latest times.
 */
export function takeSignals(state: AdEventsState, signals: readonly AdSignal[], tolerance: number): number {
  let leftOut = 0
  for (const signal of signals) {
    if (signal.does === 'cancel') cancel(state, signal)
    else if (signal.does === 'end') end(state, signal)
    else leftOut += begin(state, signal, tolerance)
  }
  return leftOut
}

/** `leftOut`: events that do not begin though they should, and those that end since too many others go on. */
export type SlotStep = { readonly marks: Omit<AdMarks, 'era'>; readonly leftOut: number }

/**
 * Goes on to a slot that begins at `start`. Events begin and end with the first slot that begins no more than
 * `tolerance` ticks before their time; those that would do both with one slot are never shown. Of too many that begin,
 * the last do. Of too many that go on, the one ends that began first, if possible without a known end: what an encoder
 * leaves open does not keep out what it tells later.
 */
export function atSlot(state: AdEventsState, slot: SlotStart, tolerance: number): SlotStep {
  const { start } = slot
  const utcOf = (time: Ticks) => utcMs(slot.startUtc + msBetween(start, time))
  const isReached = (time: number) => time <= start + tolerance
  const begun: OpenEvent[] = []
  /** Those of `begun` that have begun in the era before. */
  const goneOn = new Set<OpenEvent>()
  const ends: AdEventEnd[] = []
  let leftOut = 0
  const close = (event: OpenEvent, at: number) => {
    state.open = state.open.filter((each) => each !== event)
    if (begun.includes(event) && !goneOn.has(event)) return
    const { kind, id, typeId } = event
    const over = { kind, id, ...(typeId !== undefined && { typeId }), start: event.start }
    state.over = [...state.over.slice(1 - MOST_OVER), over]
    const { closer, end } = event
    const isClosed = closer !== undefined && at === end
    const ended = ticks(Math.max(at, event.start))
    const endUtc = utcMs(Math.max(utcOf(ended), event.startUtc))
    ends.push({ ...nameOf(event), end: ended, endUtc, ...(isClosed && { closer }) })
  }
  for (const event of state.open) if (isReached(endOf(event))) close(event, endOf(event))
  const reached = state.announced.filter((event) => isReached(event.start))
  state.announced = state.announced.filter((event) => !reached.includes(event))
  const hasBegun = ({ startUtc }: PlannedEvent) => startUtc !== undefined
  const due = reached
    .filter((event) => hasBegun(event) || !isReached(endOf(event)))
    .sort((a, b) => a.start - b.start || lengthOf(b) - lengthOf(a))
  for (; due.length > MOST_EVENTS || lettersOf(due) > MOST_LETTERS.begun; due.shift()) leftOut++
  for (const planned of due) {
    for (const other of state.open) if (isReplaced(other, planned)) close(other, planned.start)
    for (; isFull(state.open, planned); leftOut++) {
      close(state.open.find((event) => endOf(event) === Infinity) ?? state.open[0]!, planned.start)
    }
    const event = {
      number: slot.index * MOST_EVENTS + begun.length,
      ...planned,
      startUtc: planned.startUtc ?? utcOf(planned.start),
    }
    state.open.push(event)
    begun.push(event)
    if (hasBegun(planned)) goneOn.add(event)
    // What has begun in the era before ends as any other, with the message that ended it.
    if (isReached(endOf(event))) close(event, endOf(event))
  }
  const isShown = (event: OpenEvent) => state.open.includes(event) || ends.some(({ number }) => number === event.number)
  const begins = begun.filter(isShown).map(beginningOf)
  const going = state.open.filter((event) => !begun.includes(event)).map(nameOf)
  const marks = {
    ...(begins.length > 0 && { begins }),
    ...(ends.length > 0 && { ends }),
    ...(going.length > 0 && { goesOn: going }),
  }
  return { marks, leftOut }
}

/**
 * The events of an era with whose timestamps another one goes on, as that has them: what is open begins there again,
 * with the start it has.
 */
export function goingOn({ announced, open, ...more }: AdEventsState): AdEventsState {
  return { ...more, announced: [...open.map(({ number: _, ...event }) => event), ...announced], open: [] }
}

/** Gives how many events are left out: this one, or those in whose place it is announced. */
function begin(state: AdEventsState, signal: AdSignal & { does: 'begin' }, tolerance: number): number {
  const { kind, id, typeId, time, arrival, section, duration, endsByItself, isRestricted, upid } = signal
  const start = time ?? arrival
  if (start - arrival > MOST_AHEAD || arrival - start > MOST_LATE) return 1
  const event: PlannedEvent = {
    kind,
    id,
    ...(typeId !== undefined && { typeId }),
    start,
    ...(duration !== undefined && { plannedDuration: duration }),
    opener: section,
    ...(isRestricted && { isRestricted }),
    ...(upid && { upid }),
    ...(time === undefined && { isImmediate: true }),
    ...(endsByItself && { endsByItself }),
  }
  const isRepeated = (known: Pick<PlannedEvent, 'start' | 'isImmediate'>) =>
    (known.isImmediate && event.isImmediate) || Math.abs(known.start - start) <= tolerance
  if (state.over.some((each) => isAlike(each, event) && isRepeated(each))) return 0
  // Only a time to come is that of another event with the id of one that has begun.
  const hasBegun = (known: PlannedEvent) => known.start <= arrival
  const alike = [...state.open, ...state.announced].filter((each) => isAlike(each, event))
  const known = alike.find(isRepeated) ?? alike.at(-1)
  if (known && (isRepeated(known) || (hasBegun(known) && start <= arrival))) {
    // What is said last of its duration counts, though it has been told otherwise.
    if (duration !== undefined) known.plannedDuration = duration
    return 0
  }
  if (known && !hasBegun(known)) {
    // Messages are repeated until their time comes; with another time, they move the event.
    state.announced[state.announced.indexOf(known)] = event
    return 0
  }
  return announce(state, event, arrival)
}

/** Gives how many events are left out: of too many that are ahead, or that are due, those with the latest times. */
function announce(state: AdEventsState, event: PlannedEvent, arrival: Ticks): number {
  const isAhead = event.start > arrival
  let alike = state.announced.filter(({ start }) => start > arrival === isAhead)
  const before = alike.length
  state.announced.push(event)
  alike.push(event)
  while (alike.length > MOST_EVENTS || lettersOf(alike) > MOST_LETTERS.announced) {
    const latest = alike.reduce((found, each) => (each.start >= found.start ? each : found))
    alike = alike.filter((each) => each !== latest)
    state.announced.splice(state.announced.indexOf(latest), 1)
  }
  return before + 1 - alike.length
}

function end(state: AdEventsState, { kind, id, typeIds, time, arrival, section }: AdSignal & { does: 'end' }): void {
  const at = time ?? arrival
  const isMeant = (event: OverEvent) => {
    return event.kind === kind && event.id === id && (typeIds?.includes(event.typeId ?? -1) ?? true)
  }
  const isAhead = (event: OverEvent) => isMeant(event) && event.start < at
  // Of several events with one id, the last that has begun by then.
  const begun = [...state.open, ...state.announced].filter(isAhead)
  const last = begun.reduce<PlannedEvent | undefined>((a, each) => (a && a.start >= each.start ? a : each), undefined)
  // One that was said again when its event was over does not end the next.
  const event = last ?? (state.over.some(isAhead) ? undefined : state.open.find(isMeant))
  if (event) Object.assign(event, { end: at, closer: section })
}

/** An event that is cancelled before it begins is not to be; afterwards, it ends at once. */
function cancel(state: AdEventsState, { kind, id, arrival, section }: AdSignal): void {
  const isMeant = (event: PlannedEvent) => event.kind === kind && event.id === id
  state.announced = state.announced.filter((event) => !isMeant(event) || event.start <= arrival)
  for (const event of [...state.open, ...state.announced].filter(isMeant)) {
    Object.assign(event, { end: arrival, closer: section })
  }
}

/** When an event ends, by a message or by its duration, whatever is first; Infinity where neither tells. */
function endOf({ start, plannedDuration, endsByItself, end = ticks(Infinity) }: PlannedEvent): number {
  return Math.min(end, endsByItself && plannedDuration !== undefined ? start + plannedDuration : Infinity)
}

function lengthOf({ plannedDuration = ticks(Infinity) }: PlannedEvent): number {
  return Math.min(plannedDuration, MOST_AHEAD)
}

function isFull(open: readonly OpenEvent[], next: PlannedEvent): boolean {
  if (open.length === 0) return false
  return open.length >= MOST_EVENTS || lettersOf([...open, next]) > MOST_LETTERS.open
}

function lettersOf(events: readonly PlannedEvent[]): number {
  return events.reduce((sum, { opener }) => sum + opener.length, 0)
}

function isAlike(a: Pick<OverEvent, 'kind' | 'id' | 'typeId'>, b: PlannedEvent): boolean {
  return a.kind === b.kind && a.id === b.id && a.typeId === b.typeId
}

/** True of an open event that ends because another one begins. */
function isReplaced(open: PlannedEvent, beginning: PlannedEvent): boolean {
  return isAlike(open, beginning) || (open.typeId === PROGRAM_START && beginning.typeId === PROGRAM_START)
}

function nameOf({ number, kind, id, typeId, isRestricted, startUtc }: OpenEvent): OpenAdEvent {
  return { number, kind, id, ...(typeId !== undefined && { typeId }), ...(isRestricted && { isRestricted }), startUtc }
}

function beginningOf({ isImmediate: _, endsByItself: __, end: ___, closer: ____, ...event }: OpenEvent): AdEvent {
  return event
}
