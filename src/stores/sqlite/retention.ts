import type { UtcMs } from '../../media/time.ts'
import type { RetentionDemand } from '../resources.ts'
import type { SqliteDatabase } from './database.ts'
import { PINS } from './pins.ts'
import type { Operations } from './synchronous.ts'

/** The longest startover window, which a deleted channel keeps until its grace period is over. */
const LONGEST_WINDOW_SECONDS = 14 * 24 * 3600

export function retentionOperations(db: SqliteDatabase) {
  return {
    retentionDemands(now: UtcMs, graceMs: number): readonly RetentionDemand[] {
      const living = db.all<{ guid: string; seconds: number }>(
        `SELECT guid, max(
           coalesce((SELECT max(startover_seconds) FROM origin_endpoint WHERE channel_guid = channel.guid), 0),
           coalesce((SELECT max(seconds) FROM released_window WHERE channel_guid = channel.guid AND until > ?), 0)
         ) AS seconds FROM channel`,
        now,
      )
      const deleted = db.all<{ guid: string; isDue: number }>(
        `SELECT guid, deleted_at + ? <= ? AND NOT EXISTS (
           SELECT 1 FROM ${PINS} WHERE channel_guid = deleted_channel.guid) AS isDue FROM deleted_channel`,
        graceMs,
        now,
      )
      return [
        ...living.map(({ guid, seconds }) => ({ channelGuid: guid, startoverWindowSeconds: seconds, gone: false })),
        ...deleted.map(({ guid, isDue }) => {
          return { channelGuid: guid, startoverWindowSeconds: LONGEST_WINDOW_SECONDS, gone: isDue === 1 }
        }),
      ]
    },

    forgetDeletedChannel(guid: string): void {
      db.run('DELETE FROM released_window WHERE channel_guid = ?', guid)
      db.run('DELETE FROM deleted_channel WHERE guid = ?', guid)
    },

    expire(now: UtcMs, before: { harvestJobs: UtcMs; events: UtcMs }): void {
      db.run('DELETE FROM released_window WHERE until <= ?', now)
      db.run('DELETE FROM clip WHERE expires_at <= ?', now)
      db.run("DELETE FROM harvest_job WHERE created_at <= ? AND status <> 'IN_PROGRESS'", before.harvestJobs)
      db.run('DELETE FROM schedule_run WHERE recorded_at <= ?', before.harvestJobs)
      db.run('DELETE FROM rule_run WHERE recorded_at <= ?', before.harvestJobs)
      db.run('DELETE FROM event WHERE at <= ?', before.events)
    },
  } satisfies Partial<Operations>
}
