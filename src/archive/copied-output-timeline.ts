import type { SeenInputs } from '../model/output-segment.ts'
import type { OutputTimelineState } from '../model/output-timeline/state.ts'
import type { OpenOutputTimeline } from './open-output-timeline.ts'

/** The output timeline of the same channel and segment duration that one which is still empty is to be a copy of. */
export function originalOf(
  { outputTimeline: { id, segmentDurationSeconds }, version }: OpenOutputTimeline,
  all: readonly OpenOutputTimeline[],
): OpenOutputTimeline | undefined {
  if (version > 0) return undefined
  return all.findLast((other) => {
    const isAlike = other.outputTimeline.segmentDurationSeconds === segmentDurationSeconds
    // Whether it is being filled or not: what is copied in part must go on being a copy.
    return isAlike && other.outputTimeline.id < id && other.version > 0
  })
}

/**
 * The state of the original under the numbers of the copy; what has been sealed since it stood there is still to be
 * met.
 */
export function copiedState(
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
    // Slots tell it only where it changes.
    seen: state.seen ?? seen,
  }
}
