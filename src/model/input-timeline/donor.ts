import type { Ticks, UtcMs } from '../../media/time.ts'
import type { SlotObject } from '../output-segment.ts'
import type { OpenEra } from './state.ts'

/**
 * Finds media of the other input for an interval of an era, moved onto the timeline of that era. Undefined when it has
 * none.
 */
export type Donor = (era: OpenEra, start: Ticks, utc: UtcMs) => Donation | undefined

export type Donation = {
  /** The end of the media on the timeline of the era. It lies after the start that was asked for. */
  readonly end: Ticks
  readonly objects: Readonly<Record<number, SlotObject>>
}
