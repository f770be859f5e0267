import type { RecordedClock } from '../../clock.ts'
import type { UtcMs } from '../../media/time.ts'
import { continuedClock } from '../clock-record.ts'
import type { SqliteDatabase } from './database.ts'
import type { Operations } from './synchronous.ts'

export function clockOperations(db: SqliteDatabase) {
  /** When the newest slot was sealed, or the newest object that no slot has was received. */
  const newestOfContent = () =>
    db.get<{ at: UtcMs | null }>(
      `SELECT max(max(coalesce((SELECT max(sealed_at) FROM slot WHERE input = i.id), 0),
         coalesce((SELECT max(received_at) FROM source_object WHERE input = i.id AND placed <> 1), 0))) AS at
       FROM input i`,
    )?.at ?? 0

  return {
    recordedClock: () => continuedClock(db.get<RecordedClock>('SELECT steady, date FROM clock'), newestOfContent()),

    recordClock({ steady, date }: RecordedClock): void {
      db.run('INSERT OR REPLACE INTO clock (id, steady, date) VALUES (1, ?, ?)', steady, date)
    },
  } satisfies Partial<Operations>
}
