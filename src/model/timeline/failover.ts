import { msFromTicks, type Ticks, ticks, type UtcMs, utcMs } from '../../media/time.ts'
import type { Era, Slot } from '../output-segment.ts'
import { utcAt } from './eras.ts'
import { LOCK_TOLERANCE, lockOf } from './lock.ts'
import { addSlot, closeRun, isWhole, type NumberedSegment } from './numbering.ts'
import type { InputSwitch, NumberingState, SpareSlot } from './numbering-state.ts'

/** How an input is doing. */
export type InputStatus = {
  /** All its streams said EXT-X-ENDLIST, and everything they listed is sealed. */
  readonly hasEnded: boolean
  /** Nothing more is coming for now: its streams are silent, or have ended. */
  readonly hasStopped: boolean
  /** Ids of eras that may still get slots. */
  readonly openEras: readonly number[]
  /** When it, or the server, came back after a silence. */
  readonly heardSince?: UtcMs
}

export type FailoverView = {
  readonly eraOf: (id: number) => Era | undefined
  /** By input; absent while what is long sealed is gone through again. */
  readonly inputs?: Readonly<Record<string, InputStatus>>
}

/** Clocks of two inputs that disagree by more about the time a slot takes to arrive tell different times. */
const CLOCKS_AGREE_MS = 10_000
/** Slots of the other input kept at hand: more than any patience lasts. */
const MOST_SPARE = 128
/** Rounding of clocks. */
const ROUNDING_MS = 10

/** Shows a sealed slot of the input that is followed. */
export function show(numbering: NumberingState, slot: Slot, era: Era, view: FailoverView): NumberedSegment[] {
  const segments = addSlot(numbering, slot, era.streams)
  const shownAs = numbering.shownAs
  const shown = shownAs && shownAs.era !== era.id ? view.eraOf(shownAs.era) : era
  const end = ticks(slot.start + slot.duration + (shownAs?.ticks ?? 0))
  numbering.edge = {
    era: shownAs?.era ?? era.id,
    end,
    utc: utcMs(slot.startUtc + msFromTicks(slot.duration) + (shownAs?.ms ?? 0)),
    clock: utcAt((shown ?? era).clock, end),
    sealedAt: slot.sealedAt,
    duration: slot.duration,
  }
  if (isWhole(slot, era.streams)) delete numbering.lackingSince
  else numbering.lackingSince ??= slot.sealedAt
  const met = numbering.spare
  numbering.spare = []
  for (const spare of met) meet(numbering, spare, view)
  return segments
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
export function hasFailed(numbering: NumberingState, view: FailoverView, now: UtcMs): boolean {
  const { edge, spare, lackingSince, passed } = numbering
  const first = spare[0] ?? passed
  if (!first) return false
  const patience = patienceMs(numbering, first.slot.duration)
  if (spare.length > 0) {
    const status = view.inputs?.[numbering.input]
    if (status?.hasEnded) return true
    const dueAt = edge ? edge.sealedAt + msFromTicks(edge.duration) : first.slot.sealedAt
    if (now - Math.max(dueAt, status?.heardSince ?? 0) > patience) return true
  }
  if (lackingSince === undefined || now - lackingSince <= patience) return false
  const others = spare.length > 0 ? spare : [first]
  return others.every(({ slot }) => {
    return now - slot.sealedAt <= patience && isWhole(slot, view.eraOf(slot.era)?.streams ?? [])
  })
}

/** Goes over to the other input, at the first slot of it beyond the edge. */
export function failOver(
  numbering: NumberingState,
  view: FailoverView,
  now: UtcMs,
): { readonly segments: NumberedSegment[]; readonly switched: InputSwitch } | undefined {
  const first = numbering.spare[0] ?? numbering.passed
  if (!first) return undefined
  const segments = closeRun(numbering)
  const switched = { at: now, from: numbering.input, to: first.input }
  const lock = lockOn(numbering, first, view)
  numbering.input = first.input
  delete numbering.shownAs
  delete numbering.lackingSince
  delete numbering.passed
  if (lock) {
    if (lock.era !== lock.from) numbering.shownAs = lock
    const { era, index, duration } = first.slot
    const isNext = numbering.spare.length > 0
    const start = first.slot.start + lock.ticks + (isNext ? 0 : duration)
    const goesOn = Math.abs(start - (numbering.edge?.end ?? start)) <= LOCK_TOLERANCE
    if (goesOn) numbering.last = { era, index: isNext ? index - 1 : index }
  }
  const spare = numbering.spare
  numbering.spare = []
  for (const { slot } of spare) {
    const own = view.eraOf(slot.era)
    if (own) segments.push(...show(numbering, slot, own, view))
  }
  // They were there for the viewers from now on.
  const published = segments.map((one) => ({
    ...one,
    segment: { ...one.segment, sealedAt: utcMs(Math.max(one.segment.sealedAt, now)) },
  }))
  return { segments: published, switched }
}

/** True when the slot lies beyond what is shown: on the common timeline, else by the clocks, else by when it came. */
export function isBeyond(numbering: NumberingState, spare: SpareSlot, view: FailoverView): boolean {
  const { edge } = numbering
  if (!edge) return true
  const { slot } = spare
  const era = view.eraOf(slot.era)
  if (!era) return false
  const lock = lockOn(numbering, spare, view)
  if (lock) return slot.start + lock.ticks >= edge.end - LOCK_TOLERANCE
  const from = utcAt(era.clock, slot.start)
  const latency = slot.sealedAt - from - msFromTicks(slot.duration)
  const isOneClock = Math.abs(latency - (edge.sealedAt - edge.clock)) <= CLOCKS_AGREE_MS
  return isOneClock ? from >= edge.clock - ROUNDING_MS : slot.sealedAt > edge.sealedAt
}

function lockOn({ edge }: NumberingState, { slot }: SpareSlot, view: FailoverView) {
  const shown = edge && view.eraOf(edge.era)
  const era = view.eraOf(slot.era)
  return shown && era ? lockOf(edge, shown, slot, era) : undefined
}
