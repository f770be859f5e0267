import type { StagedObjects } from '../staged-objects.ts'
import type { PostgresDatabase } from './database.ts'

/**
 * A commit holds the rows of the staged objects that it records; abandoning skips those, and so waits for no commit.
 */
export function stagedObjectOperations(db: PostgresDatabase): StagedObjects {
  return {
    async stage(key, at) {
      await db.run('INSERT INTO windrow.staged_object (key, staged_at) VALUES ($1, $2)', key, at)
    },

    async abandon(before, limit) {
      const abandoned = await db.get<{ objects: number }>(
        `WITH abandoned AS (
           DELETE FROM windrow.staged_object WHERE key IN (
             SELECT key FROM windrow.staged_object WHERE staged_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING key
         ), pending AS (
           INSERT INTO windrow.pending_deletion (key) SELECT key FROM abandoned ON CONFLICT DO NOTHING
         ) SELECT count(*) AS objects FROM abandoned`,
        before,
        limit,
      )
      return abandoned?.objects ?? 0
    },

    async unstaged(keys) {
      const unstaged = await db.all<{ key: string }>(
        `SELECT key FROM unnest($1::text[]) AS asked (key)
         WHERE NOT EXISTS (SELECT FROM windrow.staged_object AS staged WHERE staged.key = asked.key)`,
        keys,
      )
      return unstaged.map(({ key }) => key)
    },
  }
}
