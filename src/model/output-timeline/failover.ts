import { msFromTicks, type Ticks, ticks, type UtcMs, utcMs } from '../../media/time.ts'
import { joinedStreams, knowsMore } from '../eras/description.ts'
import { utcAt } from '../eras/era.ts'
import type { InputStatuses } from '../eras/input-status.ts'
import { LOCK_TOLERANCE, lockOf } from '../eras/lock.ts'
import { type Era, endUtcOf, type Slot } from '../output-segment.ts'
import { addSlot, closeRun, isWhole, type PublishedSegment } from './segmenting.ts'
import type { InputSwitch, OutputTimelineState, StandbySlot } from './state.ts'

export type FailoverView = {
  /** The first id that the output timeline may give to an alias era. */
  readonly firstAliasEra: number
  readonly eraOf: (id: number) => Era | undefined
} & InputStatuses

/**
 * The most by which the arrival delays of two inputs' slots differ if their clocks show the same time, in milliseconds.
 */
const CLOCKS_AGREE_MS = 10_000
/** The most standby slots: they last longer than the longest tolerance. */
const MOST_STANDBY = 128
/** The number of eras shown last that are remembered: more than two encoders keep open. */
const MOST_RECENT_ERAS = 32
/** The most by which clocks differ by rounding, in milliseconds. */
const ROUNDING_MS = 10

/** The view with further eras, which win over those in it. Eras added to `eras` later count too. */
export function withEras<View extends Pick<FailoverView, 'eraOf'>>(view: View, eras: readonly Era[]): View {
  return { ...view, eraOf: (id: number) => eras.findLast((era) => era.id === id) ?? view.eraOf(id) }
}

/**
 * The output segments that an output timeline publishes with the slots it shows, and the eras it makes or describes
 * anew.
 */
export type OutputChange = { readonly segments: PublishedSegment[]; readonly eras: Era[] }

/** Shows a sealed slot of the input that is followed. */
export function show(output: OutputTimelineState, slot: Slot, era: Era, view: FailoverView): OutputChange {
  const eras: Era[] = []
  const segments: PublishedSegment[] = []
  if (needsAliasEra(output, slot, era, view)) {
    segments.push(...closeRun(output))
    // Timestamps may go on all the same.
    output.runBreaks = true
    eras.push(openAliasEra(output, slot, era, view))
  }
  segments.push(...addSlot(output, slot, era.streams))
  const { mapping } = output
  let shown = eras[0] ?? (mapping ? view.eraOf(mapping.era) : era) ?? era
  if (shown.origin.kind === 'alias' && knowsMore(shown.streams, era.streams)) {
    // The description of the slot's own era has grown.
    shown = { ...shown, streams: joinedStreams(shown.streams, era.streams) }
    eras.push(shown)
  }
  const end = ticks(slot.start + slot.duration + (mapping?.ticks ?? 0))
  const clock = utcAt(shown.clock, end)
  const before = output.outputEnd?.era === shown.id ? output.outputEnd.latency : undefined
  output.outputEnd = {
    era: shown.id,
    end,
    utc: utcMs(endUtcOf(slot) + (mapping?.ms ?? 0)),
    clock,
    sealedAt: slot.sealedAt,
    duration: slot.duration,
    latency: Math.min(slot.sealedAt - clock, before ?? Infinity),
  }
  const others = (output.recentEras ?? []).filter((id) => id !== shown.id)
  output.recentEras = [...others.slice(1 - MOST_RECENT_ERAS), shown.id]
  if (isWhole(slot, era.streams)) delete output.lackingSince
  else output.lackingSince ??= slot.sealedAt
  const standbySlots = output.standbySlots
  output.standbySlots = []
  const after = withEras(view, eras)
  for (const standby of standbySlots) addStandby(output, standby, after)
  return { segments, eras }
}

/**
 * True when a slot cannot be shown in its own era, nor in the era it is mapped into. Its own: an era shown after it has
 * begun already, or times on the shared clock would come twice, and names with them. The era of the other input: that
 * describes less, and only the other input may extend its description.
 */
function needsAliasEra(
  { outputEnd, recentEras = [], mapping }: OutputTimelineState,
  slot: Slot,
  era: Era,
  view: FailoverView,
): boolean {
  if (mapping?.from === slot.era) {
    const other = view.eraOf(mapping.era)
    // Images are worth no break: they are shown where the source has declared their size.
    const needed = era.streams.filter(({ role }) => role.kind !== 'images')
    return other?.origin.kind === 'input' && knowsMore(other.streams, needed)
  }
  if (!outputEnd || outputEnd.era === era.id) return false
  return recentEras.includes(era.id) || utcAt(era.clock, slot.start) < outputEnd.clock - ROUNDING_MS
}

/** Opens an alias of the slot's era, with a clock that begins where the content ends. */
function openAliasEra(output: OutputTimelineState, { start }: Slot, { id, streams }: Era, view: FailoverView): Era {
  const { outputEnd, aliasEras = 0 } = output
  output.aliasEras = aliasEras + 1
  const era: Era = {
    id: view.firstAliasEra + aliasEras,
    origin: { kind: 'alias', of: id },
    streams,
    clock: { time: start, utc: outputEnd?.clock ?? utcMs(0) },
  }
  output.mapping = { from: id, era: era.id, ticks: ticks(0), ms: 0 }
  return era
}

/** Keeps a slot sealed by the input that is not followed. */
export function addStandby(output: OutputTimelineState, standby: StandbySlot, view: FailoverView): void {
  if (isBeyond(output, standby, view)) output.standbySlots = [...output.standbySlots, standby].slice(-MOST_STANDBY)
  else output.lastStandby = standby
}

/** How long the input that is followed may lack a segment before the other is shown, in milliseconds. */
export function toleranceMs({ segmentDuration }: { segmentDuration: Ticks }, inputSegment: Ticks): number {
  return Math.max(1.5 * msFromTicks(segmentDuration), 2 * msFromTicks(inputSegment))
}

/**
 * True when the input that is followed has lacked for too long what the other has. Cheap, because it is asked at every
 * tick.
 */
export function hasFailed(output: OutputTimelineState, view: Omit<FailoverView, 'firstAliasEra'>, now: UtcMs): boolean {
  const { standbySlots, lackingSince, lastStandby } = output
  const first = standbySlots[0] ?? lastStandby
  if (!first) return false
  const tolerance = toleranceMs(output, first.slot.duration)
  if (standbySlots.length > 0) {
    if (view.inputs[output.input]?.hasEnded) return true
    if (isOverdue(output, view.awakeSince, now)) return true
  }
  if (lackingSince === undefined || now - lackingSince <= tolerance) return false
  const others = standbySlots.length > 0 ? standbySlots : [first]
  return others.every(({ slot }) => {
    return now - slot.sealedAt <= tolerance && isWhole(slot, view.eraOf(slot.era)?.streams ?? [])
  })
}

/** True when the next slot of the input that is followed has been due for too long, and the other input has it. */
export function isOverdue(output: OutputTimelineState, awakeSince: UtcMs, now: UtcMs): boolean {
  const { outputEnd, standbySlots } = output
  const [first] = standbySlots
  if (!first) return false
  const dueAt = outputEnd ? outputEnd.sealedAt + msFromTicks(outputEnd.duration) : first.slot.sealedAt
  return now - Math.max(dueAt, awakeSince) > toleranceMs(output, first.slot.duration)
}

/** True when a slot of the input that is followed comes after a hole for which the other input has media. */
export function skipsMedia(output: OutputTimelineState, slot: Slot, era: Era, view: FailoverView): boolean {
  const { outputEnd, standbySlots, mapping } = output
  const [first] = standbySlots
  if (!outputEnd || !first) return false
  const shown = mapping?.from === slot.era ? view.eraOf(mapping.era) : undefined
  const start = shown ? utcAt(shown.clock, ticks(slot.start + (mapping?.ticks ?? 0))) : utcAt(era.clock, slot.start)
  // A source whose clock was corrected jumps ahead by as much, and has left nothing out.
  const latency = slot.sealedAt - start - msFromTicks(slot.duration)
  const from = start - Math.max((outputEnd.latency ?? latency) - latency, 0)
  const part = msFromTicks(first.slot.duration) / 2
  if (from - outputEnd.clock <= part) return false
  const others = clockTime(output, first, view)
  return others !== undefined && others <= from - part
}

/**
 * Switches to the other input, at its first slot beyond the end of the output. Undefined when that input has sealed
 * none.
 */
export function failOver(
  output: OutputTimelineState,
  view: FailoverView,
  now: UtcMs,
): (OutputChange & { readonly switched: InputSwitch; readonly dropped: readonly number[] }) | undefined {
  const first = output.standbySlots[0] ?? output.lastStandby
  if (!first) return undefined
  const segments = closeRun(output)
  const switched = { at: now, from: output.input, to: first.input }
  output.input = first.input
  delete output.mapping
  delete output.lackingSince
  delete output.lastStandby
  if (output.standbySlots.length > 0) join(output, first, view)
  else output.isJoining = true
  const { standbySlots } = output
  const eras: Era[] = []
  const after = withEras(view, eras)
  output.standbySlots = []
  const dropped: number[] = []
  for (const { slot } of standbySlots) {
    const own = view.eraOf(slot.era)
    if (!own) dropped.push(slot.era)
    const shown = own && show(output, slot, own, after)
    segments.push(...(shown?.segments ?? []))
    eras.push(...(shown?.eras ?? []))
  }
  // Viewers could see these segments only from now on.
  const published = segments.map((one) => ({
    ...one,
    segment: { ...one.segment, sealedAt: utcMs(Math.max(one.segment.sealedAt, now)) },
  }))
  return { segments: published, eras, dropped, switched }
}

/** Prepares to go on with a slot of the other input, in the era that is shown if the inputs are locked. */
export function join(output: OutputTimelineState, first: StandbySlot, view: FailoverView): void {
  delete output.isJoining
  const lock = lockOn(output, first, view)
  if (!lock) return
  if (lock.era !== lock.from || lock.ms !== 0) output.mapping = lock
  const { era, index, start } = first.slot
  const end = output.outputEnd?.end ?? start
  if (Math.abs(start + lock.ticks - end) <= LOCK_TOLERANCE) output.last = { era, index: index - 1 }
}

/**
 * True when a slot lies beyond the end of the output: by the common timeline of locked inputs, else by the clocks of
 * the eras, else by when it was sealed.
 */
export function isBeyond(output: OutputTimelineState, standby: StandbySlot, view: FailoverView): boolean {
  const { outputEnd } = output
  if (!outputEnd) return true
  const { slot } = standby
  if (!view.eraOf(slot.era)) return false
  const lock = lockOn(output, standby, view)
  if (lock) return slot.start + lock.ticks >= outputEnd.end - LOCK_TOLERANCE
  const from = clockTime(output, standby, view)
  return from === undefined ? slot.sealedAt > outputEnd.sealedAt : from >= outputEnd.clock - ROUNDING_MS
}

/** When a slot begins, by the clock of what is shown. Undefined where the clocks of the inputs show different times. */
function clockTime({ outputEnd }: OutputTimelineState, { slot }: StandbySlot, view: FailoverView): UtcMs | undefined {
  const era = view.eraOf(slot.era)
  if (!outputEnd || !era) return undefined
  const from = utcAt(era.clock, slot.start)
  const latency = slot.sealedAt - from - msFromTicks(slot.duration)
  return Math.abs(latency - (outputEnd.sealedAt - outputEnd.clock)) <= CLOCKS_AGREE_MS ? from : undefined
}

function lockOn({ outputEnd }: OutputTimelineState, { slot }: StandbySlot, view: FailoverView) {
  const shown = outputEnd && view.eraOf(outputEnd.era)
  const era = view.eraOf(slot.era)
  return shown && era ? lockOf(outputEnd, shown, slot, era) : undefined
}
