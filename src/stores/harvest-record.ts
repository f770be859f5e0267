import type { UtcMs } from '../media/time.ts'
import type { HarvestFailure } from '../model/harvest-failure.ts'
import type { HarvestJob } from '../model/harvest-job.ts'
import type { HarvestCursor, HarvestRecord, HarvestState } from '../model/harvest-run.ts'

/** The columns of a row that make a record. */
export const RECORD_COLUMNS =
  'seq, body, state, fence, owner, lease_until, not_before, attempts, failures, cancelling, completing, cursor, ' +
  'failure, started_at, ended_at'

/** A harvest job as both databases store it. */
export type HarvestJobRow = {
  readonly seq: number
  readonly body: HarvestJob
  readonly state: HarvestState
  readonly fence: number
  readonly owner: string | null
  readonly lease_until: UtcMs | null
  readonly not_before: UtcMs
  readonly attempts: number
  readonly failures: number
  readonly cancelling: boolean
  readonly completing: boolean
  readonly cursor: HarvestCursor | null
  readonly failure: HarvestFailure | null
  readonly started_at: UtcMs | null
  readonly ended_at: UtcMs | null
}

/** Makes a record of a row. */
export function harvestRecord(row: HarvestJobRow): HarvestRecord {
  const { state, fence, owner, lease_until, not_before, attempts, failures, cancelling, completing } = row
  const { cursor, failure, started_at, ended_at } = row
  return {
    ...row.body,
    run: {
      state,
      fence,
      ...(owner !== null && { owner }),
      ...(lease_until !== null && { leaseUntil: lease_until }),
      notBefore: not_before,
      attempts,
      failures,
      cancelling,
      completing,
      ...(cursor !== null && { cursor }),
      ...(failure !== null && { failure }),
      ...(started_at !== null && { startedAt: started_at }),
      ...(ended_at !== null && { endedAt: ended_at }),
    },
  }
}
