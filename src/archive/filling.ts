import type { Clock } from '../clock.ts'
import { seenInputs } from '../model/eras/input-status.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { OutputTimeline } from '../stores/timeline-store.ts'
import type { ChannelOutputTimelines } from './channel-output-timelines.ts'
import { copiedState, originalOf } from './copied-output-timeline.ts'
import { fillStep, readFillPage } from './fill-page.ts'
import type { Input } from './input.ts'
import type { InputsView, KnownEras } from './known-eras.ts'
import { type OutputTimelineSteps, openOutputTimeline, remembering } from './open-output-timeline.ts'

/** Output segments copied in one transaction: ingest waits behind it. */
const COPIED_SEGMENTS = 1000

export type FillDeps = {
  readonly segmentIndex: SegmentIndex
  readonly clock: Clock
  readonly inputs: ReadonlyMap<string, Input>
  readonly outputTimelines: Pick<ChannelOutputTimelines, 'get' | 'all'>
  readonly eras: KnownEras
  /** What output timelines see of the inputs. */
  view(): InputsView
  /** Keeps steps, unless another process has written to what they saw; false then, and all is read again. */
  commit(steps: OutputTimelineSteps, seen?: readonly Input[]): Promise<boolean>
  /** Lets the output timelines that are filled take the steps that are due. */
  goOn(): Promise<void>
}

/**
 * Gives an output timeline a page of what was sealed before it was opened; true when it has all. Where the channel has
 * a output timeline of the same duration, it is a copy of that: what one has published is not decided anew.
 */
export async function fillPage(outputTimeline: OutputTimeline, deps: FillDeps): Promise<boolean> {
  const { segmentIndex, eras, clock } = deps
  const open = deps.outputTimelines.get(outputTimeline.id) ?? openOutputTimeline(outputTimeline)
  if (!open.state.isFilling) return true
  const original = originalOf(open, deps.outputTimelines.all())
  if (original) {
    const { id } = original.outputTimeline
    if (!(await segmentIndex.copyOutputSegments(id, outputTimeline.id, COPIED_SEGMENTS))) return false
    const steps = [
      { open, step: remembering(copiedState(open, original, seenInputs(deps.view()))) },
      // It must stand where it stood when the last was copied.
      { open: original, step: remembering(original.state) },
    ]
    return !(await deps.commit(steps)) && !deps.outputTimelines.get(outputTimeline.id)
  }
  const inputs = [...deps.inputs.values()].filter(({ isStored }) => isStored)
  const refs = inputs.map(({ ref }) => ref)
  const { sealed, isLast } = await readFillPage(segmentIndex, refs, open.state.cursors)
  await eras.load(sealed.map(({ slot }) => slot.era))
  const step = fillStep(open, { sealed, isLast }, deps.view(), clock())
  if (!(await deps.commit([{ open, step }], inputs))) return !deps.outputTimelines.get(outputTimeline.id)
  // What it has begun may be all there will be.
  if (isLast) await deps.goOn()
  return isLast
}
