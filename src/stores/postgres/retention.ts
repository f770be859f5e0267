import type { Resources } from '../resources.ts'
import type { PostgresDatabase } from './database.ts'
import { PINS } from './pins.ts'

/** The longest startover window, which a deleted channel keeps until its grace period is over. */
const LONGEST_WINDOW_SECONDS = 14 * 24 * 3600

type Demand = { guid: string; seconds: number; gone: boolean }

export function retentionOperations(db: PostgresDatabase) {
  return {
    async retentionDemands(now, graceMs) {
      // A single statement, so that all rows are of one moment.
      const demands = await db.all<Demand>(
        `SELECT guid, seconds, gone FROM (
           SELECT seq, guid, greatest(
             (SELECT max(startover_seconds) FROM windrow.origin_endpoint WHERE channel_guid = channel.guid),
             (SELECT max(seconds) FROM windrow.released_window WHERE channel_guid = channel.guid AND until > $1),
             0
           ) AS seconds, false AS gone FROM windrow.channel
           UNION ALL SELECT NULL, guid, $2::bigint, deleted_at + $3::bigint <= $1 AND NOT EXISTS (
             SELECT FROM ${PINS} WHERE pin.channel_guid = deleted_channel.guid) FROM windrow.deleted_channel
         ) AS demand ORDER BY demand.seq`,
        now,
        LONGEST_WINDOW_SECONDS,
        graceMs,
      )
      return demands.map(({ guid, seconds, gone }) => ({ channelGuid: guid, startoverWindowSeconds: seconds, gone }))
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
        await transaction.run('DELETE FROM windrow.rule_run WHERE recorded_at <= $1', before.harvestJobs)
        await transaction.run('DELETE FROM windrow.event WHERE at <= $1', before.events)
      }),
  } satisfies Partial<Resources>
}
