import type { Ticks, UtcMs } from '../../media/time.ts'
import type { Edge, ShownAs } from '../eras/lock.ts'
import type { SeenInputs, Slot } from '../output-segment.ts'

/**
 * The state of an output timeline: plain data, saved whole with every change. It follows one input of its channel at a
 * time; what it has published lies in the segment index.
 */
export type OutputTimelineState = {
  segmentDuration: Ticks
  nextNumber: number
  discontinuitySequence: number
  /** The ingest endpoint whose input it follows. */
  input: string
  /** It has gone over to that input, which had nothing beyond the edge yet. */
  isJoining?: true
  /** Where the newest slot given to this output timeline stood: a new era or an index left out is a discontinuity. */
  last?: SlotPlace
  /** Older slots are still being given to it; live ones wait for that. */
  isFilling: boolean
  /** Nobody asks for it: it is filled when somebody does. */
  isResting?: true
  /** The newest slot met, by input: where filling goes on. */
  met: Record<string, SlotPlace>
  /** While it is filled: how the inputs were doing when the newest slot met was sealed. */
  seen?: SeenInputs
  /** Where its content ends. */
  edge?: Edge
  /** Slots of the input are shown in another era than their own. */
  shownAs?: ShownAs
  /** Ids of the eras shown last, oldest first. */
  shown?: number[]
  /** Eras made so that their clocks go on where the input's own would go back. */
  madeEras?: number
  /** Since when the slots of the input lack streams, without a break. */
  lackingSince?: UtcMs
  /** What the other input has beyond the edge, oldest first: shown when the one followed fails. */
  spare: SpareSlot[]
  /** The newest slot of the other input that does not lie beyond the edge. */
  passed?: SpareSlot
  /** Slots gathered for the next output segment, as they are shown. */
  run: Slot[]
  /** The run does not continue the output segment before it. */
  runBreaks: boolean
  /** The audio and video tracks that have media in the run, as stream and position. */
  runTracks?: string[]
  /** Of the newest output segment: where its period began, and the tracks that have media in it. */
  period?: { number: number; start: Ticks; tracks: string }
  /** Switches no event has told of yet. */
  untold?: InputSwitch[]
  /** When an event last told of a switch, by GUID of the endpoint. */
  toldAt?: Record<string, UtcMs>
}

export type SlotPlace = { era: number; index: number }

export type SpareSlot = { input: string; slot: Slot }

export type InputSwitch = { at: UtcMs; from: string; to: string }

export function openOutputTimelineState(segmentDuration: Ticks, firstNumber: number, input = ''): OutputTimelineState {
  return {
    segmentDuration,
    nextNumber: firstNumber,
    discontinuitySequence: 0,
    input,
    isFilling: false,
    met: {},
    spare: [],
    run: [],
    runBreaks: false,
  }
}
