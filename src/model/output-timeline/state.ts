import type { Ticks, UtcMs } from '../../media/time.ts'
import type { EraMapping, OutputEnd } from '../eras/lock.ts'
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
  /** It has switched to that input, which had nothing beyond the end of the output yet. */
  isJoining?: true
  /** Where the newest slot given to this output timeline stood: a new era or an index left out is a discontinuity. */
  last?: SlotCursor
  /** Older slots are still being given to it; live ones wait for that. */
  isFilling: boolean
  /** Nobody asks for it: it is filled when somebody does. */
  isResting?: true
  /** The newest slot taken into account, by input: filling goes on after it. */
  cursors: Record<string, SlotCursor>
  /** While it is filled: the state of the inputs when the newest slot of `cursors` was sealed. */
  seen?: SeenInputs
  /** Where its content ends; absent while it has none. */
  outputEnd?: OutputEnd
  /** Set while slots of the input are shown in another era than their own. */
  mapping?: EraMapping
  /** Ids of the eras shown last, oldest first. */
  recentEras?: number[]
  /** How many alias eras it has opened: eras whose clocks go on where the input's own would go back. */
  aliasEras?: number
  /** Since when the slots of the input lack streams, without a break. */
  lackingSince?: UtcMs
  /**
   * Slots of the other input beyond the end of the output, oldest first: shown when the input that is followed fails.
   */
  standbySlots: StandbySlot[]
  /** The newest slot of the other input that does not lie beyond the end of the output. */
  lastStandby?: StandbySlot
  /** Slots gathered for the next output segment, as they are shown. */
  run: Slot[]
  /** The run does not continue the output segment before it. */
  runBreaks: boolean
  /** The audio and video tracks that have media in the run, as stream and position. */
  runTracks?: string[]
  /** Of the newest output segment: where its period began, and the tracks that have media in it. */
  period?: { number: number; start: Ticks; tracks: string }
  /** Switches that no event has been written for yet. */
  pendingSwitches?: InputSwitch[]
  /** When the newest event of a switch was written, by GUID of the endpoint. */
  notifiedAt?: Record<string, UtcMs>
}

export type SlotCursor = { era: number; index: number }

export type StandbySlot = { input: string; slot: Slot }

export type InputSwitch = { at: UtcMs; from: string; to: string }

export function openOutputTimelineState(segmentDuration: Ticks, firstNumber: number, input = ''): OutputTimelineState {
  return {
    segmentDuration,
    nextNumber: firstNumber,
    discontinuitySequence: 0,
    input,
    isFilling: false,
    cursors: {},
    standbySlots: [],
    run: [],
    runBreaks: false,
  }
}
