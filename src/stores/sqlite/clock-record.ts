import type { RecordedClock } from '../../clock.ts'
import { type UtcMs, utcMs } from '../../media/time.ts'
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
    recordedClock(): RecordedClock | undefined {
      const newest = newestOfContent()
      const recorded = db.get<RecordedClock>('SELECT steady, date FROM clock')
      if (!recorded) return newest > 0 ? { steady: utcMs(newest), date: utcMs(newest) } : undefined
      // A crash lost what passed since the clock was recorded.
      const passed = Math.max(newest - recorded.steady, 0)
      return { steady: utcMs(recorded.steady + passed), date: utcMs(recorded.date + passed) }
    },

    recordClock({ steady, date }: RecordedClock): void {
      db.run('INSERT OR REPLACE INTO clock (id, steady, date) VALUES (1, ?, ?)', steady, date)
    },
  } satisfies Partial<Operations>
}
