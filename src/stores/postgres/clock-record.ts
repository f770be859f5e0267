import type { RecordedClock } from '../../clock.ts'
import type { UtcMs } from '../../media/time.ts'
import { type ClockRecord, continuedClock } from '../clock-record.ts'
import type { Queries } from './database.ts'

/** Of the clocks that several processes record, those that are furthest count: a late one sets nobody back. */
export function clockOperations(db: Queries) {
  /** When the newest slot was sealed, or the newest object that no slot has was received. */
  const newestOfContent = async () => {
    const newest = await db.get<{ at: UtcMs | null }>(
      `SELECT max(greatest((SELECT max(sealed_at) FROM windrow.slot WHERE slot.input = input.id),
         (SELECT max(received_at) FROM windrow.unplaced_object AS object WHERE object.input = input.id))) AS at FROM windrow.input`,
    )
    return newest?.at ?? 0
  }

  return {
    async recordedClock() {
      const recorded = await db.get<RecordedClock>('SELECT steady, date FROM windrow.clock')
      return continuedClock(recorded, await newestOfContent())
    },

    async recordClock({ steady, date }: RecordedClock) {
      await db.run(
        `INSERT INTO windrow.clock (steady, date) VALUES ($1, $2)
         ON CONFLICT (only_one) DO UPDATE SET steady = excluded.steady, date = excluded.date
         WHERE clock.steady <= excluded.steady`,
        steady,
        date,
      )
    },
  } satisfies ClockRecord
}
