import type { UtcMs } from '../../media/time.ts'
import type { SeenInputs, Slot } from '../output-segment.ts'

/** How an input is doing. */
export type InputStatus = {
  /** All its streams said EXT-X-ENDLIST, and everything they listed is sealed. */
  readonly hasEnded: boolean
  /** Nothing more is coming for now: its streams are silent, or have ended. */
  readonly hasStopped: boolean
  /** Ids of eras that may still get slots. */
  readonly openEras: readonly number[]
}

/** How the inputs of a channel are doing. */
export type InputStatuses = {
  readonly inputs: Readonly<Record<string, InputStatus>>
  /** When the server began to hear them: what it missed before that is nobody's failure. */
  readonly awakeSince: UtcMs
}

/** What output timelines that are opened later have to know of it. */
export function seenInputs({ inputs, awakeSince }: InputStatuses): SeenInputs {
  const ended = Object.keys(inputs).filter((input) => inputs[input]?.hasEnded)
  return { awakeSince, ended }
}

/** Slots sealed together, with what was seen of the inputs then, if that is not what was told last. */
export function withSeen(slots: readonly Slot[], seen: SeenInputs, lastSeen: SeenInputs | undefined): readonly Slot[] {
  const [first, ...others] = slots
  return !first || JSON.stringify(seen) === JSON.stringify(lastSeen) ? slots : [{ ...first, seen }, ...others]
}
