import type { UtcMs } from '../media/time.ts'
import type { HarvestJobStatus } from '../model/harvest-job.ts'

/** The most events of a sink that are counted. */
export const MOST_COUNTED_EVENTS = 10_000

/** What waits in the database, as those who watch over the process want to know it. */
export type Backlog = {
  /** Harvest jobs on record, by status. */
  readonly harvestJobs: Readonly<Record<HarvestJobStatus, number>>
  /** Since when the job that has waited for longest is due, of those that no worker has; absent without one. */
  readonly dueSince?: UtcMs
  readonly sinks: readonly SinkBacklog[]
}

/** The events that a sink has not accepted yet. */
export type SinkBacklog = {
  readonly sink: string
  /** At most MOST_COUNTED_EVENTS. */
  readonly pending: number
  /** When the oldest of them happened; absent without one. */
  readonly oldestAt?: UtcMs
}

/** The rows of which databases make a backlog. */
export type BacklogRows = {
  readonly counts: readonly { readonly status: HarvestJobStatus; readonly n: number }[]
  readonly due: { readonly since: UtcMs | null } | undefined
  readonly sinks: readonly (Omit<SinkBacklog, 'oldestAt'> & { readonly oldest: UtcMs | null })[]
}

export function backlogOf({ counts, due, sinks }: BacklogRows): Backlog {
  const countOf = (status: HarvestJobStatus) => counts.find((row) => row.status === status)?.n ?? 0
  return {
    harvestJobs: {
      IN_PROGRESS: countOf('IN_PROGRESS'),
      SUCCEEDED: countOf('SUCCEEDED'),
      FAILED: countOf('FAILED'),
    },
    ...(due && due.since !== null && { dueSince: due.since }),
    sinks: sinks.map(({ oldest, ...sink }) => ({ ...sink, ...(oldest !== null && { oldestAt: oldest }) })),
  }
}

/** Part of the port Resources: counts that need no reading of what they count. */
export type BacklogRecords = {
  /** The backlog at a date, with that of each sink that has ever been claimed. */
  backlog(date: UtcMs): Promise<Backlog>
}
