import type { Ticks, UtcMs } from '../../media/time.ts'
import type { EraMapping, OutputEnd } from '../eras/lock.ts'
import type { SeenInputs, Slot } from '../output-segment.ts'
import { UnknownRecordVersion } from '../record-version.ts'
import type { OutputAdEvents } from './ad-events.ts'

/** The version of a state that is saved. It grows when a field changes its meaning, not when one is added. */
const VERSION = 1

/**
 * The state of an output timeline: plain data, saved whole with every change. An output timeline follows one input of
 * its channel at a time; the segments it has published are in the segment index.
 */
export type OutputTimelineState = {
  /** Version of the record; absent in what the first versions saved. */
  version: number
  segmentDuration: Ticks
  /** Present where an output segment begins at each ad boundary. */
  isCut?: true
  nextNumber: number
  discontinuitySequence: number
  /** The ingest endpoint whose input the output timeline follows. */
  input: string
  /** True after a switch to an input that has nothing beyond the end of the output yet. */
  isJoining?: true
  /** The place of the newest slot shown. Another era, or an index left out, makes a discontinuity. */
  last?: SlotCursor
  /** True while the output timeline is being filled with older slots, and takes no live ones. */
  isFilling: boolean
  /** True while no endpoint uses the output timeline: it is filled when one does. */
  isResting?: true
  /** The newest slot taken, by input. Filling goes on after it. */
  cursors: Record<string, SlotCursor>
  /** While the output timeline is filled: the status of the inputs when the newest slot taken was sealed. */
  seen?: SeenInputs
  /** The end of the content; absent while there is none. */
  outputEnd?: OutputEnd
  /** How slots of the input are shown in another era; absent while they are shown in their own. */
  mapping?: EraMapping
  /** The ids of the eras shown last, oldest first. */
  recentEras?: number[]
  /** The number of alias eras opened: eras whose clocks go on where those of the input's own would go back. */
  aliasEras?: number
  /** The moment since which every slot of the input has lacked streams. */
  lackingSince?: UtcMs
  /**
   * Slots of the other input beyond the end of the output, oldest first. They are shown when the input that is followed
   * fails.
   */
  standbySlots: StandbySlot[]
  /** The newest slot of the other input that does not lie beyond the end of the output. */
  lastStandby?: StandbySlot
  /** Slots gathered for the next output segment, as they are shown. */
  run: Slot[]
  /** True after an ad boundary at which the run could not end: it ends as soon as it can. */
  isCutDue?: true
  /** True when the run does not continue the output segment before it. */
  runBreaks: boolean
  /** The audio and video tracks that have media in the run, as stream and position. */
  runTracks?: string[]
  /** The period of the newest output segment: the number and start of its first segment, and its tracks with media. */
  period?: { number: number; start: Ticks; tracks: string }
  /** What is known of ad events behind the newest output segment; absent where there never were any. */
  adEvents?: OutputAdEvents
  /** EXT-X-TARGETDURATION of its playlists, in seconds: it may only grow. */
  targetDuration?: number
  /** How many images playlists list for each output segment; it never changes. */
  images?: number
  /** True when it shows all there is, and nothing more comes, as the inputs stand. */
  hasEnded?: true
  /** The switches for which no event has been written yet. */
  pendingSwitches?: InputSwitch[]
  /** When the newest event of a switch was written, by GUID of the endpoint. */
  notifiedAt?: Record<string, UtcMs>
}

export type SlotCursor = { era: number; index: number }

export type StandbySlot = { input: string; slot: Slot }

export type InputSwitch = { at: UtcMs; from: string; to: string }

export function openOutputTimelineState(segmentDuration: Ticks, firstNumber: number, input = ''): OutputTimelineState {
  return {
    version: VERSION,
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

/**
 * A state as it was saved, by this version or an earlier one. Throws UnknownRecordVersion when a newer one saved it.
 */
export function readOutputTimeline(text: string): OutputTimelineState {
  const saved = JSON.parse(text) as Omit<OutputTimelineState, 'version'> & { readonly version?: number }
  const { version = VERSION } = saved
  if (version !== VERSION) throw new UnknownRecordVersion('state of an output timeline', version)
  return { ...saved, version }
}
