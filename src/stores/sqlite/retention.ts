import type { UtcMs, UtcRange } from '../../media/time.ts'
import type { RetentionDemand } from '../resources.ts'
import type { SqliteDatabase } from './database.ts'
import type { Operations } from './synchronous.ts'

/** The longest startover window, which a deleted channel keeps until its grace period is over. */
const LONGEST_WINDOW_SECONDS = 14 * 24 * 3600

export function retentionOperations(db: SqliteDatabase) {
  const pinned = (channelGuid: string) =>
    db.all<UtcRange>(
      `SELECT window_start AS "start", window_end AS "end" FROM harvest_job
       WHERE channel_guid = ?1 AND status = 'IN_PROGRESS'
       UNION ALL SELECT range.value ->> 'start', range.value ->> 'end'
       FROM harvest_job INDEXED BY harvest_job_in_progress, json_each(body, '$.ranges') AS range
       WHERE status = 'IN_PROGRESS' AND range.value ->> 'channelGuid' = ?1
       UNION ALL SELECT pinned_start, pinned_end FROM clip WHERE channel_guid = ?1`,
      channelGuid,
    )

  return {
    retentionDemands(now: UtcMs, graceMs: number): readonly RetentionDemand[] {
      const living = db.all<{ guid: string; seconds: number }>(
        `SELECT guid, max(
           coalesce((SELECT max(startover_seconds) FROM origin_endpoint WHERE channel_guid = channel.guid), 0),
           coalesce((SELECT max(seconds) FROM released_window WHERE channel_guid = channel.guid AND until > ?), 0)
         ) AS seconds FROM channel`,
        now,
      )
      const deleted = db.all<{ guid: string; deleted_at: number }>('SELECT guid, deleted_at FROM deleted_channel')
      return [
        ...living.map(({ guid, seconds }) => ({
          channelGuid: guid,
          startoverWindowSeconds: seconds,
          gone: false,
          pinned: pinned(guid),
        })),
        ...deleted.map(({ guid, deleted_at }) => {
          const pins = pinned(guid)
          const gone = deleted_at + graceMs <= now && pins.length === 0
          return { channelGuid: guid, startoverWindowSeconds: LONGEST_WINDOW_SECONDS, gone, pinned: pins }
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
      db.run('DELETE FROM event WHERE at <= ?', before.events)
    },
  } satisfies Partial<Operations>
}
