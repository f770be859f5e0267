import type { Clock } from '../clock.ts'
import type { UtcMs } from '../media/time.ts'
import { seenInputs } from '../model/eras/input-status.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { SeenInputs } from '../model/output-segment.ts'
import type { OutputTimelineState, SlotCursor } from '../model/output-timeline/state.ts'
import { bySealing, type OutputTimelineStep, type SealedSlot, stepOutput } from '../model/output-timeline/step.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { OutputTimeline } from '../stores/timeline-store.ts'
import type { InputsView } from './channel-output-timelines.ts'
import type { ChannelState } from './channel-state.ts'
import { computeDueStep, type StepDeps, takeStep } from './channel-step.ts'
import {
  areAlike,
  firstAliasEraOf,
  type OpenOutputTimeline,
  openOutputTimeline,
  remembering,
} from './open-output-timeline.ts'

/** The most output segments copied in one transaction: few, because ingest waits for it. */
const COPIED_SEGMENTS = 1000
/** The most sealed slots of one input read for one step: few, because ingest waits for it. */
const FILL_SLOTS = 250

export type FillDeps = StepDeps & {
  readonly segmentIndex: Pick<SegmentIndex, 'slots' | 'copyOutputSegments'>
  readonly clock: Clock
}

/** The state of an output timeline after a page: more pages are needed, none is, or it no longer exists. */
export type Filled = 'partly' | 'whole' | 'forgotten'

/**
 * Gives an output timeline a page of what was sealed before it was opened. Where the channel has an output timeline
 * that is alike, it becomes a copy of that one, so that nothing already published is decided anew.
 */
export async function fillPage(outputTimeline: OutputTimeline, channel: ChannelState, deps: FillDeps): Promise<Filled> {
  const { outputs } = channel
  const open = outputs.get(outputTimeline.id) ?? openOutputTimeline(outputTimeline)
  if (!open.state.isFilling) return 'whole'
  const original = originalOf(open, outputs.all())
  const filled = await (original ? copyPage(open, original, channel, deps) : replayPage(open, channel, deps))
  if (filled !== 'stale') return filled
  return outputs.get(outputTimeline.id) ? 'partly' : 'forgotten'
}

/** Copies output segments of the original; with the last ones, its state. */
async function copyPage(
  open: OpenOutputTimeline,
  original: OpenOutputTimeline,
  channel: ChannelState,
  deps: FillDeps,
): Promise<'partly' | 'stale'> {
  const [from, to] = [original.outputTimeline.id, open.outputTimeline.id]
  if (!(await deps.segmentIndex.copyOutputSegments(from, to, COPIED_SEGMENTS))) return 'partly'
  const seen = seenInputs(channel.view(deps.clock()))
  const outputs = [
    { open, step: remembering(copiedState(open, original, seen)) },
    // The copied state is right only if the original has not gone on since its last segment was copied.
    { open: original, step: remembering(original.state) },
  ]
  return (await takeStep(channel, () => ({ outputs }), deps)) ? 'partly' : 'stale'
}

/** Lets the output timeline take a page of sealed slots, each as it would have when the slot was sealed. */
async function replayPage(
  open: OpenOutputTimeline,
  channel: ChannelState,
  deps: FillDeps,
): Promise<'partly' | 'whole' | 'stale'> {
  const { segmentIndex, clock } = deps
  const unchangedInputs = channel.inputs.stored()
  const refs = unchangedInputs.map(({ ref }) => ref)
  const page = await readFillPage(segmentIndex, refs, open.state.cursors)
  await channel.eras.byId(page.sealed.map(({ slot }) => slot.era))
  const now = clock()
  const step = fillStep(open, page, channel.view(now), now)
  if (!(await takeStep(channel, () => ({ outputs: [{ open, step }], unchangedInputs }), deps))) return 'stale'
  if (!page.isLast) return 'partly'
  // The output segment it has begun may be the last there will be.
  await takeStep(channel, () => computeDueStep(channel, clock()), deps)
  return 'whole'
}

type FillPage = { readonly sealed: readonly SealedSlot[]; readonly isLast: boolean }

/** The slots the inputs sealed after the newest ones the output timeline has met, in the order they were sealed. */
async function readFillPage(
  index: Pick<SegmentIndex, 'slots'>,
  refs: readonly InputRef[],
  cursors: Readonly<Record<string, SlotCursor>>,
): Promise<FillPage> {
  const pages = await Promise.all(
    refs.map(async (ref) => {
      const { ingestEndpointId: input } = ref
      const slots = await index.slots(ref, cursors[input], FILL_SLOTS)
      return slots.map((slot): SealedSlot => ({ input, slot }))
    }),
  )
  const cut = pages.filter((page) => page.length === FILL_SLOTS).map((page) => page.at(-1))
  const all = bySealing(...pages)
  // Beyond the end of a page that was cut, slots of its input are missing.
  const end = all.findIndex((sealed) => cut.includes(sealed))
  return { sealed: end < 0 ? all : all.slice(0, end + 1), isLast: cut.length === 0 }
}

/** The step of an output timeline that meets the slots of a page; after the last page it is filled. */
function fillStep(
  open: OpenOutputTimeline,
  { sealed, isLast }: FillPage,
  view: InputsView,
  now: UtcMs,
): OutputTimelineStep {
  const filled = stepOutput(open.state, sealed, { ...view, firstAliasEra: firstAliasEraOf(open) }, now)
  const { seen, isResting: _, ...rest } = filled.state
  const state = isLast ? { ...rest, isFilling: false } : { ...rest, ...(seen && { seen }) }
  return { ...filled, state, text: JSON.stringify(state) }
}

/** The output timeline of the same channel and lengths of segments that an empty one is made a copy of. */
function originalOf(
  { outputTimeline, version }: OpenOutputTimeline,
  all: readonly OpenOutputTimeline[],
): OpenOutputTimeline | undefined {
  if (version > 0) return undefined
  return all.findLast((other) => {
    // Even one that is being filled: what has been copied in part must stay a copy.
    const isBefore = other.outputTimeline.id < outputTimeline.id && other.version > 0
    return isBefore && areAlike(other.outputTimeline, outputTimeline)
  })
}

/** The state of the original under the numbers of the copy. The copy goes on with slots sealed after that state. */
function copiedState(
  copy: OpenOutputTimeline,
  { outputTimeline, state }: OpenOutputTimeline,
  seen: SeenInputs,
): OutputTimelineState {
  const shift = copy.outputTimeline.firstNumber - outputTimeline.firstNumber
  const { period, pendingSwitches: _, isResting: __, ...rest } = state
  return {
    ...rest,
    nextNumber: state.nextNumber + shift,
    ...(period && { period: { ...period, number: period.number + shift } }),
    isFilling: true,
    // Slots carry the status of the inputs only where it has changed.
    seen: state.seen ?? seen,
  }
}
