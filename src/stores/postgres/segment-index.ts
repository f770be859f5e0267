import type { SegmentIndex } from '../segment-index.ts'
import { stepwise } from '../stepwise.ts'
import { clockOperations } from './clock-record.ts'
import { commitOperations } from './commits.ts'
import type { Versions } from './content-versions.ts'
import type { PostgresDatabase } from './database.ts'
import { forgettingOperations } from './forgetting.ts'
import { outputSegmentOperations } from './output-segments.ts'
import { outputTimelineOperations } from './output-timelines.ts'
import { scrubOperations } from './scrub-record.ts'
import { timelineOperations } from './timelines.ts'

/**
 * The segment index of all channels, which any number of processes may write at once. `committed` is called after each
 * commit of this one.
 */
export function postgresSegmentIndex(
  db: PostgresDatabase,
  committed: (channelGuid: string, versions: Versions) => void,
): SegmentIndex {
  const { forgetSomeOfChannel, ...forgetting } = forgettingOperations(db)
  const outputSegments = outputSegmentOperations(db)
  return {
    ...timelineOperations(db),
    ...commitOperations(db, committed),
    ...outputSegments,
    ...outputTimelineOperations(db),
    ...forgetting,
    ...scrubOperations(db),
    ...clockOperations(db),
    ...stepwise({ ...outputSegments, forgetSomeOfChannel }),
  }
}
