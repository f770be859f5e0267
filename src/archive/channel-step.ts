import type { Log } from '../log.ts'
import type { UtcMs } from '../media/time.ts'
import { seenInputs, withSeen } from '../model/eras/input-status.ts'
import type { TimelineStep } from '../model/input-timeline/step.ts'
import type { SeenInputs } from '../model/output-segment.ts'
import type { SourceObject } from '../model/source-segment.ts'
import { inSpan } from '../spans.ts'
import type { ChangedPart } from '../stores/content-feed.ts'
import type { IndexSharing, SegmentIndex } from '../stores/segment-index.ts'
import type { TimelineStore } from '../stores/timeline-store.ts'
import type { ChannelState } from './channel-state.ts'
import type { Input, InputEvent } from './input.ts'
import { type OutputTimelineSteps, outputTimelinesCommit } from './open-output-timeline.ts'

/** One change of a channel. It is computed from the state of the channel, committed as a whole, and then adopted. */
export type ChannelStep = {
  /** The step of the input an event was about; absent when output timelines step alone. */
  readonly input?: InputStep
  readonly outputs: OutputTimelineSteps
  /**
   * Inputs that the step depends on without changing them: the commit is stale if one has changed. Only without
   * `input`.
   */
  readonly unchangedInputs?: readonly Input[]
  /** The result of a step that only counted habits of an input: it is adopted without a commit. */
  readonly counted?: { readonly input: Input; readonly result: TimelineStep }
}

type InputStep = {
  readonly input: Input
  /** The object that was stored, when that was the event. */
  readonly object: SourceObject | undefined
  readonly result: TimelineStep
  /** The status of all inputs after the step. */
  readonly seen: SeenInputs
  /** True when it depends on what the other input has, because this one lacks something. */
  readonly hasAskedOther: boolean
}

/** The step that an event of an input makes; undefined when it changes nothing. Pure: `channel` stays as it is. */
export function computeStep(
  channel: ChannelState,
  input: Input,
  { event, object, serverDate }: InputEvent,
  now: UtcMs,
): ChannelStep | undefined {
  const id = input.ref.ingestEndpointId
  const other = channel.inputs.otherThan(id)
  const others = other?.donor((era) => channel.eras.of(era))
  let hasAskedOther = false
  const donor: typeof others =
    others &&
    ((...lacking) => {
      hasAskedOther = true
      return others(...lacking)
    })
  const computed = input.compute({ event, object, serverDate }, now, { donor, peer: other?.state })
  const view = channel.view(now, { id, result: computed })
  const seen = seenInputs(view)
  const result = { ...computed, slots: withSeen(computed.slots, seen, channel.lastSeen) }
  const sealed = result.slots.map((slot) => ({ input: id, slot }))
  const outputs = channel.outputs.follow(sealed, view, now)
  if (!result.changed && !object && outputs.length === 0) {
    return result.hasCounted ? { counted: { input, result }, outputs } : undefined
  }
  return { input: { input, object, result, seen, hasAskedOther }, outputs }
}

/** The step that output timelines take as time passes; undefined when none is due. Pure: `channel` stays as it is. */
export function computeDueStep(channel: ChannelState, now: UtcMs): ChannelStep | undefined {
  const outputs = channel.outputs.follow([], channel.view(now), now)
  return outputs.length > 0 ? { outputs } : undefined
}

/** Writes all that a step changes, or nothing: `stale` when the store holds another state than it was computed from. */
async function commitStep(
  store: Pick<TimelineStore, 'commitTimeline' | 'commitOutputTimelines'>,
  channelGuid: string,
  { input: stepped, outputs, unchangedInputs = [] }: ChannelStep,
): Promise<'committed' | 'stale'> {
  const commit = outputTimelinesCommit(outputs)
  if (!stepped) {
    return store.commitOutputTimelines(channelGuid, { ...commit, seen: unchangedInputs.map(({ seen }) => seen) })
  }
  const { input, object, result } = stepped
  return store.commitTimeline(input.ref, { ...input.commitOf(result, object), ...commit })
}

/** As `commitStep`, in a span where the step publishes output segments. */
function commitInSpan(store: Parameters<typeof commitStep>[0], channelGuid: string, channelStep: ChannelStep) {
  const commit = () => commitStep(store, channelGuid, channelStep)
  const newest = channelStep.outputs.flatMap(({ step }) => step.segments).at(-1)
  if (!newest) return commit()
  return inSpan('publish', () => ({ 'windrow.channel': channelGuid, 'windrow.segment': newest.segment.number }), commit)
}

/** Takes a committed step over into the state in memory. True when it has changed what the channel can show. */
function adoptStep(
  channel: ChannelState,
  { input: stepped, outputs, unchangedInputs = [] }: ChannelStep,
  log: Log,
): boolean {
  const { eras } = channel
  const isShownAnew = outputs.some(({ open, step }) => {
    return step.segments.length > 0 || step.state.hasEnded !== open.state.hasEnded
  })
  if (stepped) {
    const { input, object, result, seen } = stepped
    eras.add([...input.openEras(), ...result.eras])
    input.adopt(result, object, log)
    if (result.slots.length > 0) channel.lastSeen = seen
  }
  for (const input of unchangedInputs) input.movedOn()
  eras.add(outputs.flatMap(({ step }) => step.eras))
  channel.outputs.adopt(outputs, log)
  const hasNewEras = stepped !== undefined && stepped.result.eras.length > 0
  return hasNewEras || isShownAnew
}

/** Computes a step from a state that was loaded from an index, from which more may be loaded. */
export type Compute = (index?: SegmentIndex) => ChannelStep | undefined | Promise<ChannelStep | undefined>

export type StepDeps = {
  readonly segmentIndex: Pick<TimelineStore, 'commitTimeline' | 'commitOutputTimelines'>
  readonly log: Log
  /** Called when what the channel can show has changed. */
  readonly changed: () => void
  readonly observer?: StepObserver | undefined
}

/** Hears of every step that this process has committed, before that is taken over into the state of the channel. */
export type StepObserver = (channelGuid: string, step: ChannelStep) => void

/**
 * Computes a step, commits it and adopts it. When the commit is stale, the state is loaded again, and the step computed
 * from that, `tries` times in all; false when the last was stale too.
 */
export async function takeStep(channel: ChannelState, compute: Compute, deps: StepDeps, tries = 1): Promise<boolean> {
  for (let left = tries; left > 0; left--) {
    if (await tryStep(channel, compute, deps)) return true
    if ((await channel.load()) === 'shown') deps.changed()
  }
  return false
}

/**
 * Computes a step from the state in memory, commits it and adopts it; false when the commit is stale. Where there is
 * nothing to commit, that tells nothing of the stored state: with `isCompared`, false when that is another. With
 * `isShared`, false when the step depends on the other input, which another process may have changed: a commit is stale
 * only where its own input has changed.
 */
export async function tryStep(
  channel: ChannelState,
  compute: Compute,
  deps: StepDeps,
  { isCompared = false, isShared = false } = {},
): Promise<boolean> {
  const step = await compute()
  if (isShared && step?.input?.hasAskedOther) return false
  if (isCompared && !isToCommit(step) && !(await channel.isCurrent())) return false
  if (isToCommit(step) && (await commitInSpan(deps.segmentIndex, channel.guid, step)) === 'stale') return false
  if (adopt(channel, step, deps)) deps.changed()
  return true
}

/**
 * The same from what is stored, which is loaded and changed in one transaction. Not taken when the commit is stale all
 * the same, because another process has just made the first one of an input. `isContended` says whether others have
 * changed what is stored.
 */
export async function takeStoredStep(
  channel: ChannelState,
  compute: Compute,
  { changing, changed, ...deps }: Omit<StepDeps, 'segmentIndex'> & Pick<IndexSharing, 'changing'>,
): Promise<{ readonly isTaken: boolean; readonly isContended: boolean }> {
  let read: ChangedPart | undefined
  const done = await changing(channel.guid, async (index) => {
    read = (await channel.load('whole', index)) ?? read
    const step = await compute(index)
    return { step, isStale: isToCommit(step) && (await commitStep(index, channel.guid, step)) === 'stale' }
  }).finally(() => {
    if (read === 'shown') changed()
  })
  if (!done.isStale && adopt(channel, done.step, deps)) changed()
  return { isTaken: !done.isStale, isContended: read !== undefined }
}

const isToCommit = (step: ChannelStep | undefined): step is ChannelStep => step !== undefined && !step.counted

function adopt(
  channel: ChannelState,
  step: ChannelStep | undefined,
  { log, observer }: Pick<StepDeps, 'log' | 'observer'>,
): boolean {
  if (isToCommit(step)) observer?.(channel.guid, step)
  if (!step?.counted) return step !== undefined && adoptStep(channel, step, log)
  step.counted.input.adoptUnsaved(step.counted.result)
  return false
}
