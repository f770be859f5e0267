import type { PostgresDatabase } from './database.ts'

/** What the steady clocks of all processes show at a date of the database server, both in whole milliseconds. */
export type SteadyMoment = { readonly steady: number; readonly date: number }

/** The moment by which processes keep their steady clocks together. */
export type SteadyRecord = {
  /** The moment recorded last, undefined in a new database, and the present date of the server. */
  read(): Promise<{ readonly date: number; readonly moment: SteadyMoment | undefined }>
  /** Records a moment in place of the one that was read; false when another process has recorded one since. */
  replace(read: SteadyMoment | undefined, moment: SteadyMoment): Promise<boolean>
}

export function steadyRecord(db: PostgresDatabase): SteadyRecord {
  return {
    async read() {
      const row = await db.get<{ now: number; steady: number | null; date: number | null }>(
        `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now, steady, date
         FROM (SELECT 1) AS one LEFT JOIN windrow.steady_moment ON true`,
      )
      const { now, steady, date } = row!
      return { date: now, moment: steady === null || date === null ? undefined : { steady, date } }
    },

    async replace(read, { steady, date }) {
      const changed = read
        ? await db.run(
            'UPDATE windrow.steady_moment SET steady = $1, date = $2 WHERE steady = $3 AND date = $4',
            steady,
            date,
            read.steady,
            read.date,
          )
        : await db.run(
            'INSERT INTO windrow.steady_moment (steady, date) VALUES ($1, $2) ON CONFLICT DO NOTHING',
            steady,
            date,
          )
      return changed === 1
    },
  }
}
