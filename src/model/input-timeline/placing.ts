import type { UtcMs } from '../../media/time.ts'
import type { Donor } from './donor.ts'
import type { QueuedEntry, StreamListing, TimelineState } from './state.ts'

/** One listed segment on its way to its slot: what every decision about its place is made from. */
export type Placing = {
  readonly state: TimelineState
  /** Of the stream that lists it. */
  readonly listing: StreamListing
  readonly streamIndex: number
  readonly entry: QueuedEntry
  readonly now: UtcMs
  readonly donor: Donor | undefined
}
