import type { UtcRange } from '../../media/time.ts'
import { PinnedSpans } from '../pinned-spans.ts'
import type { SqliteDatabase } from './database.ts'

/**
 * The pins, as a table with the columns channel_guid, start and "end": what harvest jobs in progress and clips need.
 * They have no rows of their own, so that they change with the jobs and clips whatever changes these.
 */
export const PINS = `(
  SELECT channel_guid, window_start AS start, window_end AS "end" FROM harvest_job WHERE status = 'IN_PROGRESS'
  UNION ALL SELECT range.value ->> 'channelGuid', range.value ->> 'start', range.value ->> 'end'
  FROM harvest_job INDEXED BY harvest_job_in_progress, json_each(body, '$.ranges') AS range
  WHERE status = 'IN_PROGRESS'
  UNION ALL SELECT channel_guid, pinned_start, pinned_end FROM clip)`

export function pinnedIn(db: SqliteDatabase, channelGuid: string): PinnedSpans {
  return new PinnedSpans(db.all<UtcRange>(`SELECT start, "end" FROM ${PINS} WHERE channel_guid = ?`, channelGuid))
}
