import type { UtcMs } from '../../media/time.ts'
import type { MediaProbe, SourceObject } from '../source-segment.ts'
import type { ServerDate } from './dates.ts'
import type { Donor } from './donor.ts'
import type { QueuedEntry, StreamListing, TimelineState } from './state.ts'

export type MediaObject = SourceObject & { readonly probe: MediaProbe }

/** One listed segment on its way to its slot: what every decision about its place is made from. */
export type Placing = {
  readonly state: TimelineState
  /** The listing of the stream that lists the segment. */
  readonly listing: StreamListing
  readonly streamIndex: number
  readonly entry: QueuedEntry
  /** The stream's next segment, where it is there and goes on with the timeline of this one. */
  readonly next?: MediaObject | undefined
  readonly now: UtcMs
  readonly donor: Donor | undefined
  readonly serverDate: ServerDate
}
