import { type UtcMs, utcMs } from '../../media/time.ts'
import { isAudioOnly } from '../eras/description.ts'
import { type InputStatuses, seenInputs } from '../eras/input-status.ts'
import type { Era, Slot } from '../output-segment.ts'
import {
  addStandby,
  type FailoverView,
  failOver,
  hasFailed,
  isBeyond,
  isOverdue,
  join,
  type OutputChange,
  show,
  skipsMedia,
  withEras,
} from './failover.ts'
import { closeRun, type PublishedSegment } from './segmenting.ts'
import type { InputSwitch, OutputTimelineState } from './state.ts'

/** A sealed slot and the input it is from. */
export type SealedSlot = { readonly input: string; readonly slot: Slot }

/** A published segment, and the moment at which the clock of the era it is shown in begins, if that is known. */
export type StepSegment = PublishedSegment & { readonly eraClock: UtcMs | undefined }

export type OutputTimelineStep = {
  readonly state: OutputTimelineState
  /** The JSON of `state`, as it is saved. */
  readonly text: string
  /** False when there is nothing to save. */
  readonly changed: boolean
  readonly segments: readonly StepSegment[]
  /** The alias eras that were opened, or whose description has grown. */
  readonly eras: readonly Era[]
  /** The ids of eras without a known description, whose slots were left out. */
  readonly dropped: readonly number[]
  readonly switched: InputSwitch | undefined
}

/**
 * One step of an output timeline: from a state, the slots sealed since, in order, and the time, to the next state and
 * the output segments it publishes. Pure. While it is being filled, an output timeline takes each slot as of the time
 * it was sealed, and decides as it would have then.
 */
export function stepOutput(
  before: OutputTimelineState,
  sealed: readonly SealedSlot[],
  outside: FailoverView,
  now: UtcMs,
): OutputTimelineStep {
  const textBefore = JSON.stringify(before)
  const state = JSON.parse(textBefore) as OutputTimelineState
  const segments: PublishedSegment[] = []
  const eras: Era[] = []
  const dropped = new Set<number>()
  const known = withEras(outside, eras)
  const view = () => ({ ...known, ...(state.isFilling && seenBy(state)) })
  const take = (shown: OutputChange) => {
    segments.push(...shown.segments)
    eras.push(...shown.eras)
  }
  let switched: InputSwitch | undefined
  const failOverAt = (at: UtcMs, isFailed: boolean) => {
    const over = isFailed ? failOver(state, view(), at) : undefined
    if (!over) return
    take(over)
    for (const era of over.dropped) dropped.add(era)
    if (state.isFilling) return
    switched = over.switched
    state.pendingSwitches = [...(state.pendingSwitches ?? []), over.switched]
  }

  for (const { input, slot } of sealed) {
    state.cursors[input] = { era: slot.era, index: slot.index }
    const era = known.eraOf(slot.era)
    if (state.isFilling && slot.seen) state.seen = slot.seen
    if (!era) dropped.add(slot.era)
    if (!era || isAudioOnly(era.streams)) continue
    // As if time had been checked between the slot before and this one.
    failOverAt(slot.sealedAt, isOverdue(state, view().awakeSince, slot.sealedAt))
    // An encoder that is back within the tolerance may still have missed something.
    if (input === state.input && !state.isJoining) failOverAt(slot.sealedAt, skipsMedia(state, slot, era, view()))
    if (input === state.input) {
      if (state.isJoining && !isBeyond(state, { input, slot }, view())) continue
      if (state.isJoining) join(state, { input, slot }, view())
      take(show(state, slot, era, view()))
    } else addStandby(state, { input, slot }, view())
    if (state.isFilling) failOverAt(slot.sealedAt, hasFailed(state, view(), slot.sealedAt))
  }
  if (!state.isFilling) {
    failOverAt(now, hasFailed(state, view(), now))
    if (isRunOver(state, outside)) segments.push(...closeRun(state))
    if (hasEnded(state, outside)) state.hasEnded = true
    else delete state.hasEnded
  }
  const text = JSON.stringify(state)
  const changed = text !== textBefore
  return { state, text, changed, segments: withClocks(segments, known), eras, dropped: [...dropped], switched }
}

/**
 * Lets an output timeline rest. Its run is published and its standby slots are dropped, to be read again when it is
 * filled.
 */
export function restOutput(
  before: OutputTimelineState,
  view: InputStatuses & Pick<FailoverView, 'eraOf'>,
): OutputTimelineStep {
  const state = JSON.parse(JSON.stringify(before)) as OutputTimelineState
  const segments = withClocks(closeRun(state), view)
  for (const { input, slot } of state.standbySlots.splice(0).reverse()) {
    state.cursors[input] = { era: slot.era, index: slot.index - 1 }
  }
  state.isFilling = true
  state.isResting = true
  state.seen = seenInputs(view)
  const text = JSON.stringify(state)
  return { state, text, changed: true, segments, eras: [], dropped: [], switched: undefined }
}

function withClocks(
  segments: readonly PublishedSegment[],
  { eraOf }: Pick<FailoverView, 'eraOf'>,
): readonly StepSegment[] {
  return segments.map((published) => ({ ...published, eraClock: eraOf(published.segment.era)?.clock.utc }))
}

/** True when the passing of time may have changed something. Cheap, because it is asked at every tick. */
export function isOutputDue(
  state: OutputTimelineState,
  view: Omit<FailoverView, 'firstAliasEra'>,
  now: UtcMs,
): boolean {
  if (state.isFilling) return false
  return hasFailed(state, view, now) || isRunOver(state, view) || hasEnded(state, view) !== (state.hasEnded ?? false)
}

/** The slots of several inputs in the order in which they were sealed; those of each input stay in their order. */
export function bySealing(...inputs: readonly (readonly SealedSlot[])[]): SealedSlot[] {
  const queues = inputs.map((slots) => [...slots].reverse())
  const merged: SealedSlot[] = []
  for (;;) {
    const [next] = queues
      .filter((queue) => queue.length > 0)
      .sort((a, b) => (a.at(-1)?.slot.sealedAt ?? 0) - (b.at(-1)?.slot.sealedAt ?? 0))
    const slot = next?.pop()
    if (!slot) return merged
    merged.push(slot)
  }
}

/** The status of the inputs when the newest slot was sealed that an output timeline being filled has taken. */
function seenBy({ seen }: OutputTimelineState): Omit<InputStatuses, 'haveEnded'> {
  const ended = { hasEnded: true, hasStopped: true, openEras: [] }
  const inputs = Object.fromEntries((seen?.ended ?? []).map((input) => [input, ended]))
  return { inputs, awakeSince: seen?.awakeSince ?? utcMs(0) }
}

function hasEnded({ run }: OutputTimelineState, { haveEnded }: Pick<FailoverView, 'haveEnded'>): boolean {
  return haveEnded && run.length === 0
}

function isRunOver({ run, last, input }: OutputTimelineState, { inputs }: Pick<FailoverView, 'inputs'>): boolean {
  const status = inputs[input]
  if (run.length === 0 || !status) return false
  return status.hasStopped || !status.openEras.some((era) => era === last?.era)
}
