import { msFromTicks, type Ticks, ticks, type UtcMs, utcMs } from '../../media/time.ts'
import type { Era, Slot } from '../output-segment.ts'
import { joinedStreams, knowsMore } from './description.ts'
import { utcAt } from './eras.ts'
import type { InputStatuses } from './input-status.ts'
import { LOCK_TOLERANCE, lockOf } from './lock.ts'
import { addSlot, closeRun, isWhole, type NumberedSegment } from './numbering.ts'
import type { InputSwitch, NumberingState, SpareSlot } from './numbering-state.ts'
import { FIRST_MADE_ERA } from './state.ts'

export type FailoverView = {
  /** Ids from here on are the numbering's own to give to eras. */
  readonly madeEras: number
  readonly eraOf: (id: number) => Era | undefined
} & InputStatuses

/** Clocks of two inputs that disagree by more about the time a slot takes to arrive tell different times. */
const CLOCKS_AGREE_MS = 10_000
/** Slots of the other input kept at hand: more than any patience lasts. */
const MOST_SPARE = 128
/** Eras that were shown, and are not shown again: more than two encoders keep open. */
const MOST_SHOWN = 32
/** Rounding of clocks. */
const ROUNDING_MS = 10

/** The view, with eras that steps have made since, or know more of: also those that are still to come. */
export function knowing<View extends Pick<FailoverView, 'eraOf'>>(view: View, eras: readonly Era[]): View {
  return { ...view, eraOf: (id: number) => eras.findLast((era) => era.id === id) ?? view.eraOf(id) }
}

/** What a numbering makes of the slots it shows. */
export type Shown = { readonly segments: NumberedSegment[]; readonly eras: Era[] }

/** Shows a sealed slot of the input that is followed. */
export function show(numbering: NumberingState, slot: Slot, era: Era, view: FailoverView): Shown {
  const eras: Era[] = []
  const segments: NumberedSegment[] = []
  if (mustBeMade(numbering, slot, era, view)) {
    segments.push(...closeRun(numbering))
    // Timestamps may run on.
    numbering.runBreaks = true
    eras.push(makeEra(numbering, slot, era, view))
  }
  segments.push(...addSlot(numbering, slot, era.streams))
  const { shownAs } = numbering
  let shown = eras[0] ?? (shownAs ? view.eraOf(shownAs.era) : era) ?? era
  if (shown.id >= FIRST_MADE_ERA && knowsMore(shown.streams, era.streams)) {
    // More has come to be known of the slot's own era.
    shown = { ...shown, streams: joinedStreams(shown.streams, era.streams) }
    eras.push(shown)
  }
  const end = ticks(slot.start + slot.duration + (shownAs?.ticks ?? 0))
  const clock = utcAt(shown.clock, end)
  const before = numbering.edge?.era === shown.id ? numbering.edge.latency : undefined
  numbering.edge = {
    era: shown.id,
    end,
    utc: utcMs(slot.startUtc + msFromTicks(slot.duration) + (shownAs?.ms ?? 0)),
    clock,
    sealedAt: slot.sealedAt,
    duration: slot.duration,
    latency: Math.min(slot.sealedAt - clock, before ?? Infinity),
  }
  const others = (numbering.shown ?? []).filter((id) => id !== shown.id)
  numbering.shown = [...others.slice(1 - MOST_SHOWN), shown.id]
  if (isWhole(slot, era.streams)) delete numbering.lackingSince
  else numbering.lackingSince ??= slot.sealedAt
  const met = numbering.spare
  numbering.spare = []
  const after = knowing(view, eras)
  for (const spare of met) meet(numbering, spare, after)
  return { segments, eras }
}

/**
 * True when the slot cannot be shown in its own era: what follows that in a numbering has begun already, or times on
 * the clock all eras share would come twice, and with them what is named by them. Nor in another input's era that knows
 * less: what that says of its streams is that input's to say.
 */
function mustBeMade({ edge, shown = [], shownAs }: NumberingState, slot: Slot, era: Era, view: FailoverView): boolean {
  if (shownAs?.from === slot.era) {
    const other = shownAs.era < FIRST_MADE_ERA ? view.eraOf(shownAs.era) : undefined
    return other !== undefined && knowsMore(other.streams, era.streams)
  }
  if (!edge || edge.era === era.id) return false
  return shown.includes(era.id) || utcAt(era.clock, slot.start) < edge.clock - ROUNDING_MS
}

/** The slot's era under another name, with a clock that begins where the content ends. */
function makeEra(numbering: NumberingState, { start }: Slot, { id, streams }: Era, view: FailoverView): Era {
  const { edge, madeEras = 0 } = numbering
  numbering.madeEras = madeEras + 1
  const era: Era = { id: view.madeEras + madeEras, streams, clock: { time: start, utc: edge?.clock ?? utcMs(0) } }
  numbering.shownAs = { from: id, era: era.id, ticks: ticks(0), ms: 0 }
  return era
}

/** Keeps at hand what the input that is not followed has sealed. */
export function meet(numbering: NumberingState, spare: SpareSlot, view: FailoverView): void {
  if (isBeyond(numbering, spare, view)) numbering.spare = [...numbering.spare, spare].slice(-MOST_SPARE)
  else numbering.passed = spare
}

/** How long the input may lack a segment of the output timeline. */
export function patienceMs({ segmentDuration }: { segmentDuration: Ticks }, inputSegment: Ticks): number {
  return Math.max(1.5 * msFromTicks(segmentDuration), 2 * msFromTicks(inputSegment))
}

/** True when the input has lacked for too long what the other has. Cheap. */
export function hasFailed(numbering: NumberingState, view: Omit<FailoverView, 'madeEras'>, now: UtcMs): boolean {
  const { spare, lackingSince, passed } = numbering
  const first = spare[0] ?? passed
  if (!first) return false
  const patience = patienceMs(numbering, first.slot.duration)
  if (spare.length > 0) {
    if (view.inputs[numbering.input]?.hasEnded) return true
    if (isOverdue(numbering, view.awakeSince, now)) return true
  }
  if (lackingSince === undefined || now - lackingSince <= patience) return false
  const others = spare.length > 0 ? spare : [first]
  return others.every(({ slot }) => {
    return now - slot.sealedAt <= patience && isWhole(slot, view.eraOf(slot.era)?.streams ?? [])
  })
}

/** True when the next slot of the input has been due for too long, and the other input has it. */
export function isOverdue(numbering: NumberingState, awakeSince: UtcMs, now: UtcMs): boolean {
  const { edge, spare } = numbering
  const [first] = spare
  if (!first) return false
  const dueAt = edge ? edge.sealedAt + msFromTicks(edge.duration) : first.slot.sealedAt
  return now - Math.max(dueAt, awakeSince) > patienceMs(numbering, first.slot.duration)
}

/** True when a slot of the input that is followed leaves out what the other has. */
export function leavesOut(numbering: NumberingState, slot: Slot, era: Era, view: FailoverView): boolean {
  const { edge, spare, shownAs } = numbering
  const [first] = spare
  if (!edge || !first) return false
  const shown = shownAs?.from === slot.era ? view.eraOf(shownAs.era) : undefined
  const start = shown ? utcAt(shown.clock, ticks(slot.start + (shownAs?.ticks ?? 0))) : utcAt(era.clock, slot.start)
  // An encoder whose clock was put right is ahead of itself by as much, and has left nothing out.
  const latency = slot.sealedAt - start - msFromTicks(slot.duration)
  const from = start - Math.max((edge.latency ?? latency) - latency, 0)
  const part = msFromTicks(first.slot.duration) / 2
  if (from - edge.clock <= part) return false
  const others = clockTime(numbering, first, view)
  return others !== undefined && others <= from - part
}

/** Goes over to the other input, at the first slot of it beyond the edge. */
export function failOver(
  numbering: NumberingState,
  view: FailoverView,
  now: UtcMs,
): (Shown & { readonly switched: InputSwitch; readonly dropped: readonly number[] }) | undefined {
  const first = numbering.spare[0] ?? numbering.passed
  if (!first) return undefined
  const segments = closeRun(numbering)
  const switched = { at: now, from: numbering.input, to: first.input }
  numbering.input = first.input
  delete numbering.shownAs
  delete numbering.lackingSince
  delete numbering.passed
  if (numbering.spare.length > 0) join(numbering, first, view)
  else numbering.isJoining = true
  const { spare } = numbering
  const eras: Era[] = []
  const after = knowing(view, eras)
  numbering.spare = []
  const dropped: number[] = []
  for (const { slot } of spare) {
    const own = view.eraOf(slot.era)
    if (!own) dropped.push(slot.era)
    const shown = own && show(numbering, slot, own, after)
    segments.push(...(shown?.segments ?? []))
    eras.push(...(shown?.eras ?? []))
  }
  // They were there for the viewers from now on.
  const published = segments.map((one) => ({
    ...one,
    segment: { ...one.segment, sealedAt: utcMs(Math.max(one.segment.sealedAt, now)) },
  }))
  return { segments: published, eras, dropped, switched }
}

/** Goes on with this slot, in the era that is shown if both inputs are on its timeline. */
export function join(numbering: NumberingState, first: SpareSlot, view: FailoverView): void {
  delete numbering.isJoining
  const lock = lockOn(numbering, first, view)
  if (!lock) return
  if (lock.era !== lock.from || lock.ms !== 0) numbering.shownAs = lock
  const { era, index, start } = first.slot
  const end = numbering.edge?.end ?? start
  if (Math.abs(start + lock.ticks - end) <= LOCK_TOLERANCE) numbering.last = { era, index: index - 1 }
}

/** True when the slot lies beyond what is shown: on the common timeline, else by the clocks, else by when it came. */
export function isBeyond(numbering: NumberingState, spare: SpareSlot, view: FailoverView): boolean {
  const { edge } = numbering
  if (!edge) return true
  const { slot } = spare
  if (!view.eraOf(slot.era)) return false
  const lock = lockOn(numbering, spare, view)
  if (lock) return slot.start + lock.ticks >= edge.end - LOCK_TOLERANCE
  const from = clockTime(numbering, spare, view)
  return from === undefined ? slot.sealedAt > edge.sealedAt : from >= edge.clock - ROUNDING_MS
}

/** When the slot begins by the clock of what is shown; undefined where the inputs' clocks tell different times. */
function clockTime({ edge }: NumberingState, { slot }: SpareSlot, view: FailoverView): UtcMs | undefined {
  const era = view.eraOf(slot.era)
  if (!edge || !era) return undefined
  const from = utcAt(era.clock, slot.start)
  const latency = slot.sealedAt - from - msFromTicks(slot.duration)
  return Math.abs(latency - (edge.sealedAt - edge.clock)) <= CLOCKS_AGREE_MS ? from : undefined
}

function lockOn({ edge }: NumberingState, { slot }: SpareSlot, view: FailoverView) {
  const shown = edge && view.eraOf(edge.era)
  const era = view.eraOf(slot.era)
  return shown && era ? lockOf(edge, shown, slot, era) : undefined
}
