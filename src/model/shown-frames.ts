import { isoDateTime, type UtcMs, type UtcRange } from '../media/time.ts'
import type { DeliverableKind } from './deliverable.ts'

/** What an asset that is cut to the frame shows of a range, by date. */
export type ShownFrames = {
  /** When its first frame is shown. */
  readonly first: UtcMs
  /** When its last frame is shown; absent where frames do not come at a steady rate. */
  readonly last?: UtcMs
  /** What players show of each deliverable: it begins earlier where nothing hides what decoding has to begin with. */
  readonly deliverables: readonly ({ readonly kind: DeliverableKind } & UtcRange)[]
}

/** As reports of jobs have it, in JSON. */
export function describedFrames({ first, last, deliverables }: ShownFrames) {
  return {
    firstFrame: isoDateTime(first),
    ...(last !== undefined && { lastFrame: isoDateTime(last) }),
    deliverables: deliverables.map(({ kind, start, end }) => {
      return { kind, startTime: isoDateTime(start), endTime: isoDateTime(end) }
    }),
  }
}
