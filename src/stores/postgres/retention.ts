import type { UtcRange } from '../../media/time.ts'
import type { Resources } from '../resources.ts'
import type { PostgresDatabase } from './database.ts'

/** The longest startover window, which a deleted channel keeps until its grace period is over. */
const LONGEST_WINDOW_SECONDS = 14 * 24 * 3600

type Demand = { guid: string; seconds: number; deleted_at: number | null; pinned: UtcRange[] }

export function retentionOperations(db: PostgresDatabase) {
  return {
    async retentionDemands(now, graceMs) {
      // A single statement, so that all rows are of one moment.
      const demands = await db.all<Demand>(
        `WITH pin AS MATERIALIZED (
           SELECT seq, channel_guid AS guid, window_start AS start, window_end AS "end"
           FROM windrow.harvest_job WHERE status = 'IN_PROGRESS'
           UNION ALL SELECT seq, range ->> 'channelGuid', (range ->> 'start')::bigint, (range ->> 'end')::bigint
           FROM windrow.harvest_job, json_array_elements(body -> 'ranges') AS range WHERE status = 'IN_PROGRESS'
           UNION ALL SELECT seq, channel_guid, pinned_start, pinned_end FROM windrow.clip
         ) SELECT guid, seconds, deleted_at, (
           SELECT coalesce(json_agg(json_build_object('start', start, 'end', "end") ORDER BY seq), '[]')
           FROM pin WHERE pin.guid = demand.guid
         ) AS pinned FROM (
           SELECT seq, guid, greatest(
             (SELECT max(startover_seconds) FROM windrow.origin_endpoint WHERE channel_guid = channel.guid),
             (SELECT max(seconds) FROM windrow.released_window WHERE channel_guid = channel.guid AND until > $1),
             0
           ) AS seconds, NULL AS deleted_at FROM windrow.channel
           UNION ALL SELECT NULL, guid, $2::bigint, deleted_at FROM windrow.deleted_channel
         ) AS demand ORDER BY demand.seq`,
        now,
        LONGEST_WINDOW_SECONDS,
      )
      return demands.map(({ guid, seconds, deleted_at, pinned }) => ({
        channelGuid: guid,
        startoverWindowSeconds: seconds,
        gone: deleted_at !== null && deleted_at + graceMs <= now && pinned.length === 0,
        pinned,
      }))
    },

    forgetDeletedChannel: (guid) =>
      db.transaction(async (transaction) => {
        await transaction.run('DELETE FROM windrow.released_window WHERE channel_guid = $1', guid)
        await transaction.run('DELETE FROM windrow.deleted_channel WHERE guid = $1', guid)
      }),

    expire: (now, before) =>
      db.transaction(async (transaction) => {
        await transaction.run('DELETE FROM windrow.released_window WHERE until <= $1', now)
        await transaction.run('DELETE FROM windrow.clip WHERE expires_at <= $1', now)
        const jobs = "DELETE FROM windrow.harvest_job WHERE created_at <= $1 AND status <> 'IN_PROGRESS'"
        await transaction.run(jobs, before.harvestJobs)
        await transaction.run('DELETE FROM windrow.schedule_run WHERE recorded_at <= $1', before.harvestJobs)
        await transaction.run('DELETE FROM windrow.event WHERE at <= $1', before.events)
      }),
  } satisfies Partial<Resources>
}
