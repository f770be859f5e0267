import type { WorkClaims } from '../work-claims.ts'
import type { PostgresDatabase } from './database.ts'

/** How often each process deletes the rows of work whose lease has expired, which nobody may ever claim again. */
const CLEANED_EVERY_MS = 3_600_000

/** Every statement locks the rows it waits for in the order of their names, so no two wait for each other. */
export function workClaimOperations(db: PostgresDatabase): WorkClaims {
  let cleanedAt = 0
  return {
    async claimWork({ owner, names, now, leaseMs }) {
      // An earlier request of the owner that arrives late does not shorten its lease.
      const claimed = await db.all<{ name: string }>(
        `INSERT INTO windrow.work_claim AS claim (name, owner, lease_until)
         SELECT name, $1, $2::bigint + $3::bigint FROM unnest($4::text[]) AS wanted (name) ORDER BY name COLLATE "C"
         ON CONFLICT (name) DO UPDATE SET owner = excluded.owner,
           lease_until = CASE WHEN claim.owner = excluded.owner THEN greatest(claim.lease_until, excluded.lease_until)
             ELSE excluded.lease_until END
         WHERE claim.owner = excluded.owner OR claim.lease_until <= $2
         RETURNING name`,
        owner,
        now,
        leaseMs,
        [...new Set(names)],
      )
      if (now - cleanedAt >= CLEANED_EVERY_MS) {
        cleanedAt = now
        await db.run(
          `DELETE FROM windrow.work_claim WHERE name IN (
             SELECT name FROM windrow.work_claim WHERE lease_until <= $1 FOR UPDATE SKIP LOCKED)`,
          now,
        )
      }
      return claimed.map(({ name }) => name)
    },

    async releaseWork(owner) {
      await db.run(
        `DELETE FROM windrow.work_claim WHERE name IN (
           SELECT name FROM windrow.work_claim WHERE owner = $1 ORDER BY name FOR UPDATE)`,
        owner,
      )
    },
  }
}
