import type { WorkClaims } from '../work-claims.ts'
import type { PostgresDatabase } from './database.ts'
import type { Statement } from './statements.ts'

/**
 * Work belongs to processes, and each process has one lease for all of it, so that to renew what thousands of channels
 * need writes one row. Who finds a lease expired deletes it, with all claims of its process; a lease that is being
 * renewed is locked and passed over. Claims are made and deleted under one lock, and seldom.
 */
export function workClaimOperations(db: PostgresDatabase): WorkClaims {
  return {
    claimWork: ({ owner, names, now, leaseMs }) =>
      db.transaction(async (transaction) => {
        const asked = new Set(names)
        const wanted = [...asked]
        const [, free, held] = await transaction.together([
          // An earlier request of the owner that arrives late does not shorten its lease.
          [
            `INSERT INTO windrow.work_owner AS known (owner, lease_until) VALUES ($1, $2)
             ON CONFLICT (owner) DO UPDATE SET lease_until = greatest(known.lease_until, excluded.lease_until)`,
            owner,
            now + leaseMs,
          ],
          [
            `SELECT 1 FROM unnest($1::text[]) AS wanted (name) LEFT JOIN windrow.claimed_work USING (name)
             LEFT JOIN windrow.work_owner ON work_owner.owner = claimed_work.owner AND lease_until > $2
             WHERE work_owner.owner IS NULL LIMIT 1`,
            wanted,
            now,
          ],
          claimsOf(owner),
        ])
        const has = namesIn(held)
        if (free?.length === 0 && has.every((name) => asked.has(name))) return has
        await transaction.lock('work')
        const rows = await transaction.together([
          [
            `WITH gone AS (
               DELETE FROM windrow.work_owner WHERE owner IN (
                 SELECT owner FROM windrow.work_owner WHERE lease_until <= $1 FOR UPDATE SKIP LOCKED) RETURNING owner
             ) DELETE FROM windrow.claimed_work USING gone WHERE claimed_work.owner = gone.owner`,
            now,
          ],
          ['DELETE FROM windrow.claimed_work WHERE owner = $1 AND name <> ALL ($2)', owner, wanted],
          [
            `INSERT INTO windrow.claimed_work (name, owner) SELECT name, $1 FROM unnest($2::text[]) AS wanted (name)
             ON CONFLICT DO NOTHING`,
            owner,
            wanted,
          ],
          claimsOf(owner),
        ])
        return namesIn(rows.at(-1))
      }),

    async releaseWork(owner) {
      await db.transaction(async (transaction) => {
        await transaction.lock('work')
        await transaction.together([
          ['DELETE FROM windrow.claimed_work WHERE owner = $1', owner],
          ['DELETE FROM windrow.work_owner WHERE owner = $1', owner],
        ])
      })
    },
  }
}

const claimsOf = (owner: string): Statement => ['SELECT name FROM windrow.claimed_work WHERE owner = $1', owner]

const namesIn = (rows: readonly unknown[] = []) =>
  (rows as readonly { readonly name: string }[]).map(({ name }) => name)
