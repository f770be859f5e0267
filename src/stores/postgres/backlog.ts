import type { UtcMs } from '../../media/time.ts'
import { type BacklogRecords, type BacklogRows, backlogOf, MOST_COUNTED_EVENTS } from '../backlog.ts'
import type { PostgresDatabase } from './database.ts'

type Rows<Name extends 'counts' | 'sinks'> = BacklogRows[Name][number]

export function backlogOperations(db: PostgresDatabase) {
  return {
    async backlog(date) {
      const [counts, due, sinks] = await Promise.all([
        db.all<Rows<'counts'>>('SELECT status, count(*) AS n FROM windrow.harvest_job GROUP BY status'),
        db.get<{ since: UtcMs | null }>(
          `SELECT min(not_before) AS since FROM windrow.harvest_job
           WHERE status = 'IN_PROGRESS' AND state = 'QUEUED' AND not_before <= $1`,
          date,
        ),
        db.all<Rows<'sinks'>>(
          `SELECT sink,
             (SELECT count(*) FROM (SELECT FROM windrow.event WHERE seq > after LIMIT $1) AS waiting) AS pending,
             (SELECT at FROM windrow.event WHERE seq > after ORDER BY seq LIMIT 1) AS oldest
           FROM windrow.event_sink ORDER BY sink`,
          MOST_COUNTED_EVENTS,
        ),
      ])
      return backlogOf({ counts, due, sinks })
    },
  } satisfies BacklogRecords
}
