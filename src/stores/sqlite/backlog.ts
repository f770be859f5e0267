import type { UtcMs } from '../../media/time.ts'
import { type BacklogRows, backlogOf, MOST_COUNTED_EVENTS } from '../backlog.ts'
import type { SqliteDatabase } from './database.ts'
import type { Operations } from './synchronous.ts'

type Rows<Name extends 'counts' | 'sinks'> = BacklogRows[Name][number]

export function backlogOperations(db: SqliteDatabase) {
  return {
    backlog: (date: UtcMs) =>
      backlogOf({
        counts: db.all<Rows<'counts'>>('SELECT status, count(*) AS n FROM harvest_job GROUP BY status'),
        due: db.get<{ since: UtcMs | null }>(
          `SELECT min(not_before) AS since FROM harvest_job
           WHERE status = 'IN_PROGRESS' AND state = 'QUEUED' AND not_before <= ?`,
          date,
        ),
        sinks: db.all<Rows<'sinks'>>(
          `SELECT sink, (SELECT count(*) FROM (SELECT 1 FROM event WHERE seq > after LIMIT ?)) AS pending,
             (SELECT at FROM event WHERE seq > after ORDER BY seq LIMIT 1) AS oldest
           FROM event_sink ORDER BY sink`,
          MOST_COUNTED_EVENTS,
        ),
      }),
  } satisfies Partial<Operations>
}
