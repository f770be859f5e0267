import type { ClockRecord } from './clock-record.ts'
import type { ContentFeed } from './content-feed.ts'
import type { ObjectLedger } from './object-ledger.ts'
import type { RunReader } from './run-reader.ts'
import type { ScrubRecord } from './scrub-record.ts'
import type { SegmentReader } from './segment-reader.ts'
import type { StagedObjects, UnfinishedObjects } from './staged-objects.ts'
import type { TimelineStore } from './timeline-store.ts'
import type { WorkClaims } from './work-claims.ts'

/** Port: the whole index of an archive, in one database, so that each part sees what the others commit. */
export type SegmentIndex = TimelineStore & SegmentReader & RunReader & ObjectLedger & ClockRecord & ScrubRecord

/** What processes need besides that write one index together. */
export type IndexSharing = {
  readonly feed: ContentFeed
  readonly claims: WorkClaims
  readonly staged: StagedObjects
  /**
   * Runs `work` while no other process changes a channel that has been changed before, over the index as it is then.
   * What is committed through that is durable when the promise resolves, all or nothing. `work` may be run again, and
   * must ask nothing else of the store.
   */
  changing<T>(channelGuid: string, work: (index: SegmentIndex) => Promise<T>): Promise<T>
  /** Of the object store; absent where it leaves nothing unfinished. */
  readonly unfinished?: UnfinishedObjects
}
