import type { KeyPlace, KeyRecord } from '../content-key-records.ts'
import type { Resources } from '../resources.ts'
import { ENDPOINT_GUID, HAS_OTHER_ENDPOINTS, SHOWN_ENDPOINTS } from './body-parts.ts'
import type { PostgresDatabase } from './database.ts'
import { holdPins } from './pins.ts'

const COLUMNS = 'period, given_for AS "givenFor", recorded_at AS "recordedAt", body, sealed'
const ONE = `SELECT ${COLUMNS} FROM windrow.content_key WHERE source = $1 AND period = $2`

export function contentKeyOperations(db: PostgresDatabase) {
  return {
    recordKeys: async (source, { period, givenFor, recordedAt, body, sealed }) =>
      db.transaction(async (transaction) => {
        await transaction.run(
          `INSERT INTO windrow.key_source (id, endpoint_guid, channel_guid, interval_ms) VALUES ($1, $2, $3, $4)
           ON CONFLICT (id) DO UPDATE SET released_at = NULL`,
          source.id,
          source.endpointGuid,
          source.channelGuid,
          source.intervalMs,
        )
        // Who comes second waits here until the first has committed, and the next statement sees what that has written.
        await transaction.run(
          `INSERT INTO windrow.content_key (source, period, given_for, recorded_at, body, sealed)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
          source.id,
          period,
          givenFor,
          recordedAt,
          body,
          sealed,
        )
        return (await transaction.get<KeyRecord>(ONE, source.id, period))!
      }),

    recordedKeys: (sourceId, periods) =>
      db.all<KeyRecord>(
        `SELECT ${COLUMNS} FROM windrow.content_key WHERE source = $1 AND period = ANY ($2::bigint[])`,
        sourceId,
        periods,
      ),

    recordedKeysBefore: (sourceId, period) =>
      db.get<KeyRecord>(
        `SELECT ${COLUMNS} FROM windrow.content_key WHERE source = $1 AND period < $2 ORDER BY period DESC LIMIT 1`,
        sourceId,
        period,
      ),

    forgetOldKeys: async (kept, { after, limit }) => {
      const rows = await db.all<KeyPlace>(
        `WITH old AS (
           SELECT s.id AS source, k.period, k.recorded_at, s.channel_guid, s.interval_ms, kept.before
           FROM windrow.key_source AS s
             JOIN unnest($1::text[], $2::bigint[]) AS kept (channel_guid, before) USING (channel_guid)
             CROSS JOIN LATERAL (
               SELECT period, recorded_at FROM windrow.content_key
               WHERE source = s.id AND period < kept.before / nullif(s.interval_ms, 0)
                 AND period > CASE s.id WHEN $3 THEN $4::bigint ELSE -9007199254740991 END
               ORDER BY period LIMIT $5
             ) AS k
           WHERE s.id >= $3 AND NOT EXISTS (
             SELECT FROM windrow.harvest_job WHERE status = 'IN_PROGRESS'
               AND ${ENDPOINT_GUID} = s.endpoint_guid AND ${HAS_OTHER_ENDPOINTS})
           ORDER BY s.id, k.period LIMIT $5
         ), deleted AS (
           DELETE FROM windrow.content_key AS k USING old
           WHERE k.source = old.source AND k.period = old.period AND old.recorded_at + old.interval_ms < old.before
             AND NOT EXISTS (
               SELECT FROM windrow.input AS i JOIN windrow.output_timeline AS t ON t.input = i.id
                 JOIN windrow.output_segment AS g ON g.output_timeline = t.id
               WHERE i.channel_guid = old.channel_guid AND g.end_utc >= old.period * old.interval_ms
                 AND g.end_utc <= (old.period + 1) * old.interval_ms + t.longest_ms
                 AND g.start_utc >= old.period * old.interval_ms AND g.start_utc < (old.period + 1) * old.interval_ms)
         ) SELECT source, period FROM old ORDER BY source, period`,
        kept.map(({ channelGuid }) => channelGuid),
        kept.map(({ before }) => before),
        after?.source ?? '',
        after?.period ?? 0,
        limit,
      )
      return rows.length === limit ? rows.at(-1) : undefined
    },

    forgetUnusedSources: (current, now, graceMs) =>
      db.transaction(async (transaction) => {
        await holdPins(transaction)
        await transaction.run(
          'UPDATE windrow.key_source SET released_at = NULL WHERE released_at IS NOT NULL AND id = ANY ($1::text[])',
          current,
        )
        await transaction.run(
          `DELETE FROM windrow.key_source AS s WHERE released_at + $1::bigint <= $2 AND NOT EXISTS (
             SELECT FROM windrow.harvest_job
             WHERE status = 'IN_PROGRESS' AND ${ENDPOINT_GUID} = s.endpoint_guid
           ) AND NOT EXISTS (
             SELECT FROM windrow.clip, ${SHOWN_ENDPOINTS} AS shown
             WHERE clip.channel_guid = s.channel_guid AND shown[1] = s.endpoint_guid)`,
          graceMs,
          now,
        )
        await transaction.run(
          `UPDATE windrow.key_source SET released_at = $1 WHERE released_at IS NULL AND id <> ALL ($2::text[])`,
          now,
          current,
        )
      }),
  } satisfies Partial<Resources>
}
