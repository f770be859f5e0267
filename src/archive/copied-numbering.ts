import type { SeenInputs } from '../model/output-segment.ts'
import type { NumberingState } from '../model/timeline/numbering-state.ts'
import type { OpenNumbering } from './open-numbering.ts'

/** The numbering of the same channel and segment duration that one which is still empty is to be a copy of. */
export function originalOf(
  { numbering: { id, segmentDurationSeconds }, version }: OpenNumbering,
  all: ReadonlyMap<number, OpenNumbering>,
): OpenNumbering | undefined {
  if (version > 0) return undefined
  return [...all.values()].findLast((other) => {
    const isAlike = other.numbering.segmentDurationSeconds === segmentDurationSeconds
    // Whether it is being filled or not: what is copied in part must go on being a copy.
    return isAlike && other.numbering.id < id && other.version > 0
  })
}

/**
 * The state of the original under the numbers of the copy; what has been sealed since it stood there is still to be
 * met.
 */
export function copiedState(
  copy: OpenNumbering,
  { numbering, state }: OpenNumbering,
  seen: SeenInputs,
): NumberingState {
  const shift = copy.numbering.firstNumber - numbering.firstNumber
  const { period, untold: _, isResting: __, ...rest } = state
  return {
    ...rest,
    nextNumber: state.nextNumber + shift,
    ...(period && { period: { ...period, number: period.number + shift } }),
    isFilling: true,
    // Slots tell it only where it changes.
    seen: state.seen ?? seen,
  }
}
