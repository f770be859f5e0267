import type { UtcMs } from '../../media/time.ts'
import type { HarvestJob } from '../../model/harvest-job.ts'
import type { HarvestRecord, HarvestState } from '../../model/harvest-run.ts'

/** What of a row makes a record. */
export const RECORD_COLUMNS =
  'seq, body, state, fence, owner, lease_until, not_before, attempts, failures, cancelling, completing, cursor, ' +
  'failure, started_at, ended_at'

export type HarvestJobRow = {
  readonly seq: number
  readonly body: string
  readonly state: HarvestState
  readonly fence: number
  readonly owner: string | null
  readonly lease_until: UtcMs | null
  readonly not_before: UtcMs
  readonly attempts: number
  readonly failures: number
  readonly cancelling: number
  readonly completing: number
  readonly cursor: string | null
  readonly failure: string | null
  readonly started_at: UtcMs | null
  readonly ended_at: UtcMs | null
}

export function harvestRecord(row: HarvestJobRow): HarvestRecord {
  const { owner, lease_until, cursor, failure, started_at, ended_at } = row
  return {
    ...(JSON.parse(row.body) as HarvestJob),
    run: {
      state: row.state,
      fence: row.fence,
      ...(owner !== null && { owner }),
      ...(lease_until !== null && { leaseUntil: lease_until }),
      notBefore: row.not_before,
      attempts: row.attempts,
      failures: row.failures,
      cancelling: row.cancelling === 1,
      completing: row.completing === 1,
      ...(cursor !== null && { cursor: JSON.parse(cursor) }),
      ...(failure !== null && { failure: JSON.parse(failure) }),
      ...(started_at !== null && { startedAt: started_at }),
      ...(ended_at !== null && { endedAt: ended_at }),
    },
  }
}
