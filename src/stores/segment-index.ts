import type { ClockRecord } from './clock-record.ts'
import type { ObjectLedger } from './object-ledger.ts'
import type { ScrubRecord } from './scrub-record.ts'
import type { SegmentReader } from './segment-reader.ts'
import type { TimelineStore } from './timeline-store.ts'

/** Port: the whole index of an archive, in one database, so that each part sees what the others commit. */
export type SegmentIndex = TimelineStore & SegmentReader & ObjectLedger & ClockRecord & ScrubRecord
