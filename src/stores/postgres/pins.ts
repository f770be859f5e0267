import type { UtcRange } from '../../media/time.ts'
import { PinnedSpans } from '../pinned-spans.ts'
import { RANGES } from './body-parts.ts'
import type { Transaction } from './database.ts'

/**
 * The pins, as a table with the columns channel_guid, start and "end": what harvest jobs in progress and clips need.
 * They have no rows of their own, so that they change with the jobs and clips whatever changes these, also a program of
 * the release before.
 */
export const PINS = `(
  SELECT channel_guid, window_start AS start, window_end AS "end" FROM windrow.harvest_job WHERE status = 'IN_PROGRESS'
  UNION ALL SELECT range ->> 'channelGuid', (range ->> 'start')::bigint, (range ->> 'end')::bigint
  FROM windrow.harvest_job, json_array_elements(${RANGES}) AS range WHERE status = 'IN_PROGRESS'
  UNION ALL SELECT channel_guid, pinned_start, pinned_end FROM windrow.clip) AS pin`

/**
 * Keeps the pins of all channels from growing until the transaction ends. Whoever makes a harvest job, and whoever
 * makes or changes a clip, holds one of these two locks alone until that is committed, and locks are let go after a
 * commit can be seen. So each of them either is seen by the statements that follow here, each of which sees what is
 * committed when it begins (READ COMMITTED), or waits, and then sees what has been deleted. It is taken before any row
 * is locked: commits of the channel never wait for somebody who makes a job.
 */
export async function holdPins(transaction: Transaction): Promise<void> {
  await transaction.lock('harvestJobs', 'shared')
  await transaction.lock('clips', 'shared')
}

/** What is pinned of a channel. It stays pinned at most as long as the pins are held. */
export async function pinnedIn(transaction: Transaction, channelGuid: string): Promise<PinnedSpans> {
  const sql = `SELECT start, "end" FROM ${PINS} WHERE channel_guid = $1`
  return new PinnedSpans(await transaction.all<UtcRange>(sql, channelGuid))
}
