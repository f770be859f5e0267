import type { Ticks, UtcMs } from '../../media/time.ts'
import type { SlotObject } from '../output-segment.ts'
import type { OpenEra } from './state.ts'

/** What the other input has for an interval of an era, moved onto the timeline of that era. */
export type Donor = (era: OpenEra, start: Ticks, utc: UtcMs) => Donation | undefined

export type Donation = {
  /** Where it ends on the timeline of the era: beyond the start that was asked for. */
  readonly end: Ticks
  readonly objects: Readonly<Record<number, SlotObject>>
}
