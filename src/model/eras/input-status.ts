import type { UtcMs } from '../../media/time.ts'
import type { SeenInputs, Slot } from '../output-segment.ts'

/** The status of an input at one moment. */
export type InputStatus = {
  /** True when all streams have listed EXT-X-ENDLIST and everything they listed is sealed. */
  readonly hasEnded: boolean
  /** True when every stream is silent or has ended, so that nothing more comes for now. */
  readonly hasStopped: boolean
  /** The ids of the eras that may still get slots. */
  readonly openEras: readonly number[]
}

/** The status of every input of a channel, by ingest endpoint. */
export type InputStatuses = {
  readonly inputs: Readonly<Record<string, InputStatus>>
  /** True when the channel has ended: nothing more comes, as its inputs stand. */
  readonly haveEnded: boolean
  /** When the server began to hear the inputs. An input does not fail by what it sent before that. */
  readonly awakeSince: UtcMs
}

/** The part of the status that is recorded with slots, for output timelines that are opened later. */
export function seenInputs({ inputs, awakeSince }: InputStatuses): SeenInputs {
  const ended = Object.keys(inputs).filter((input) => inputs[input]?.hasEnded)
  return { awakeSince, ended }
}

/**
 * Slots sealed together. The first one carries the status of the inputs, if that differs from the status recorded last.
 */
export function withSeen(slots: readonly Slot[], seen: SeenInputs, lastSeen: SeenInputs | undefined): readonly Slot[] {
  const [first, ...others] = slots
  return !first || JSON.stringify(seen) === JSON.stringify(lastSeen) ? slots : [{ ...first, seen }, ...others]
}
