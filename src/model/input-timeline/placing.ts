import type { UtcMs } from '../../media/time.ts'
import type { Donor } from './donor.ts'
import type { QueuedEntry, StreamListing, TimelineState } from './state.ts'

/** One listed segment on its way to its slot, with all that decisions about its place depend on. */
export type Placing = {
  readonly state: TimelineState
  /** The listing of the stream that lists the segment. */
  readonly listing: StreamListing
  readonly streamIndex: number
  readonly entry: QueuedEntry
  readonly now: UtcMs
  readonly donor: Donor | undefined
}
