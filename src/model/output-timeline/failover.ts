import { msFromTicks, type Ticks, ticks, type UtcMs, utcMs } from '../../media/time.ts'
import { joinedStreams, knowsMore } from '../eras/description.ts'
import { FIRST_MADE_ERA, utcAt } from '../eras/era.ts'
import type { InputStatuses } from '../eras/input-status.ts'
import { LOCK_TOLERANCE, lockOf } from '../eras/lock.ts'
import type { Era, Slot } from '../output-segment.ts'
import { addSlot, closeRun, isWhole, type PublishedSegment } from './segmenting.ts'
import type { InputSwitch, OutputTimelineState, SpareSlot } from './state.ts'

export type FailoverView = {
  /** Ids from here on are the output timeline's own to give to eras. */
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

/** What an output timeline makes of the slots it shows. */
export type Shown = { readonly segments: PublishedSegment[]; readonly eras: Era[] }

/** Shows a sealed slot of the input that is followed. */
export function show(output: OutputTimelineState, slot: Slot, era: Era, view: FailoverView): Shown {
  const eras: Era[] = []
  const segments: PublishedSegment[] = []
  if (mustBeMade(output, slot, era, view)) {
    segments.push(...closeRun(output))
    // Timestamps may run on.
    output.runBreaks = true
    eras.push(makeEra(output, slot, era, view))
  }
  segments.push(...addSlot(output, slot, era.streams))
  const { shownAs } = output
  let shown = eras[0] ?? (shownAs ? view.eraOf(shownAs.era) : era) ?? era
  if (shown.id >= FIRST_MADE_ERA && knowsMore(shown.streams, era.streams)) {
    // More has come to be known of the slot's own era.
    shown = { ...shown, streams: joinedStreams(shown.streams, era.streams) }
    eras.push(shown)
  }
  const end = ticks(slot.start + slot.duration + (shownAs?.ticks ?? 0))
  const clock = utcAt(shown.clock, end)
  const before = output.edge?.era === shown.id ? output.edge.latency : undefined
  output.edge = {
    era: shown.id,
    end,
    utc: utcMs(slot.startUtc + msFromTicks(slot.duration) + (shownAs?.ms ?? 0)),
    clock,
    sealedAt: slot.sealedAt,
    duration: slot.duration,
    latency: Math.min(slot.sealedAt - clock, before ?? Infinity),
  }
  const others = (output.shown ?? []).filter((id) => id !== shown.id)
  output.shown = [...others.slice(1 - MOST_SHOWN), shown.id]
  if (isWhole(slot, era.streams)) delete output.lackingSince
  else output.lackingSince ??= slot.sealedAt
  const met = output.spare
  output.spare = []
  const after = knowing(view, eras)
  for (const spare of met) meet(output, spare, after)
  return { segments, eras }
}

/**
 * True when the slot cannot be shown in its own era: what follows that in an output timeline has begun already, or
 * times on the clock all eras share would come twice, and with them what is named by them. Nor in another input's era
 * that knows less: what that says of its streams is that input's to say.
 */
function mustBeMade(
  { edge, shown = [], shownAs }: OutputTimelineState,
  slot: Slot,
  era: Era,
  view: FailoverView,
): boolean {
  if (shownAs?.from === slot.era) {
    const other = shownAs.era < FIRST_MADE_ERA ? view.eraOf(shownAs.era) : undefined
    return other !== undefined && knowsMore(other.streams, era.streams)
  }
  if (!edge || edge.era === era.id) return false
  return shown.includes(era.id) || utcAt(era.clock, slot.start) < edge.clock - ROUNDING_MS
}

/** The slot's era under another name, with a clock that begins where the content ends. */
function makeEra(output: OutputTimelineState, { start }: Slot, { id, streams }: Era, view: FailoverView): Era {
  const { edge, madeEras = 0 } = output
  output.madeEras = madeEras + 1
  const era: Era = { id: view.madeEras + madeEras, streams, clock: { time: start, utc: edge?.clock ?? utcMs(0) } }
  output.shownAs = { from: id, era: era.id, ticks: ticks(0), ms: 0 }
  return era
}

/** Keeps at hand what the input that is not followed has sealed. */
export function meet(output: OutputTimelineState, spare: SpareSlot, view: FailoverView): void {
  if (isBeyond(output, spare, view)) output.spare = [...output.spare, spare].slice(-MOST_SPARE)
  else output.passed = spare
}

/** How long the input may lack a segment of the output timeline. */
export function patienceMs({ segmentDuration }: { segmentDuration: Ticks }, inputSegment: Ticks): number {
  return Math.max(1.5 * msFromTicks(segmentDuration), 2 * msFromTicks(inputSegment))
}

/** True when the input has lacked for too long what the other has. Cheap. */
export function hasFailed(output: OutputTimelineState, view: Omit<FailoverView, 'madeEras'>, now: UtcMs): boolean {
  const { spare, lackingSince, passed } = output
  const first = spare[0] ?? passed
  if (!first) return false
  const patience = patienceMs(output, first.slot.duration)
  if (spare.length > 0) {
    if (view.inputs[output.input]?.hasEnded) return true
    if (isOverdue(output, view.awakeSince, now)) return true
  }
  if (lackingSince === undefined || now - lackingSince <= patience) return false
  const others = spare.length > 0 ? spare : [first]
  return others.every(({ slot }) => {
    return now - slot.sealedAt <= patience && isWhole(slot, view.eraOf(slot.era)?.streams ?? [])
  })
}

/** True when the next slot of the input has been due for too long, and the other input has it. */
export function isOverdue(output: OutputTimelineState, awakeSince: UtcMs, now: UtcMs): boolean {
  const { edge, spare } = output
  const [first] = spare
  if (!first) return false
  const dueAt = edge ? edge.sealedAt + msFromTicks(edge.duration) : first.slot.sealedAt
  return now - Math.max(dueAt, awakeSince) > patienceMs(output, first.slot.duration)
}

/** True when a slot of the input that is followed leaves out what the other has. */
export function leavesOut(output: OutputTimelineState, slot: Slot, era: Era, view: FailoverView): boolean {
  const { edge, spare, shownAs } = output
  const [first] = spare
  if (!edge || !first) return false
  const shown = shownAs?.from === slot.era ? view.eraOf(shownAs.era) : undefined
  const start = shown ? utcAt(shown.clock, ticks(slot.start + (shownAs?.ticks ?? 0))) : utcAt(era.clock, slot.start)
  // An encoder whose clock was put right is ahead of itself by as much, and has left nothing out.
  const latency = slot.sealedAt - start - msFromTicks(slot.duration)
  const from = start - Math.max((edge.latency ?? latency) - latency, 0)
  const part = msFromTicks(first.slot.duration) / 2
  if (from - edge.clock <= part) return false
  const others = clockTime(output, first, view)
  return others !== undefined && others <= from - part
}

/** Goes over to the other input, at the first slot of it beyond the edge. */
export function failOver(
  output: OutputTimelineState,
  view: FailoverView,
  now: UtcMs,
): (Shown & { readonly switched: InputSwitch; readonly dropped: readonly number[] }) | undefined {
  const first = output.spare[0] ?? output.passed
  if (!first) return undefined
  const segments = closeRun(output)
  const switched = { at: now, from: output.input, to: first.input }
  output.input = first.input
  delete output.shownAs
  delete output.lackingSince
  delete output.passed
  if (output.spare.length > 0) join(output, first, view)
  else output.isJoining = true
  const { spare } = output
  const eras: Era[] = []
  const after = knowing(view, eras)
  output.spare = []
  const dropped: number[] = []
  for (const { slot } of spare) {
    const own = view.eraOf(slot.era)
    if (!own) dropped.push(slot.era)
    const shown = own && show(output, slot, own, after)
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
export function join(output: OutputTimelineState, first: SpareSlot, view: FailoverView): void {
  delete output.isJoining
  const lock = lockOn(output, first, view)
  if (!lock) return
  if (lock.era !== lock.from || lock.ms !== 0) output.shownAs = lock
  const { era, index, start } = first.slot
  const end = output.edge?.end ?? start
  if (Math.abs(start + lock.ticks - end) <= LOCK_TOLERANCE) output.last = { era, index: index - 1 }
}

/** True when the slot lies beyond what is shown: on the common timeline, else by the clocks, else by when it came. */
export function isBeyond(output: OutputTimelineState, spare: SpareSlot, view: FailoverView): boolean {
  const { edge } = output
  if (!edge) return true
  const { slot } = spare
  if (!view.eraOf(slot.era)) return false
  const lock = lockOn(output, spare, view)
  if (lock) return slot.start + lock.ticks >= edge.end - LOCK_TOLERANCE
  const from = clockTime(output, spare, view)
  return from === undefined ? slot.sealedAt > edge.sealedAt : from >= edge.clock - ROUNDING_MS
}

/** When the slot begins by the clock of what is shown; undefined where the inputs' clocks tell different times. */
function clockTime({ edge }: OutputTimelineState, { slot }: SpareSlot, view: FailoverView): UtcMs | undefined {
  const era = view.eraOf(slot.era)
  if (!edge || !era) return undefined
  const from = utcAt(era.clock, slot.start)
  const latency = slot.sealedAt - from - msFromTicks(slot.duration)
  return Math.abs(latency - (edge.sealedAt - edge.clock)) <= CLOCKS_AGREE_MS ? from : undefined
}

function lockOn({ edge }: OutputTimelineState, { slot }: SpareSlot, view: FailoverView) {
  const shown = edge && view.eraOf(edge.era)
  const era = view.eraOf(slot.era)
  return shown && era ? lockOf(edge, shown, slot, era) : undefined
}
