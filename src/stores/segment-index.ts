import type { ObjectLedger } from './object-ledger.ts'
import type { SegmentReader } from './segment-reader.ts'
import type { TimelineStore } from './timeline-store.ts'

/** Port: the whole index of an archive, in one database: what one part commits the others see. */
export type SegmentIndex = TimelineStore & SegmentReader & ObjectLedger
