import type { UtcMs } from '../../media/time.ts'
import type { KeptContent, KeyPlace, KeyRecord, KeySource } from '../content-key-records.ts'
import type { SqliteDatabase } from './database.ts'
import type { Operations } from './synchronous.ts'

const COLUMNS = 'period, given_for AS givenFor, recorded_at AS recordedAt, body, sealed'

export function contentKeyOperations(db: SqliteDatabase) {
  /** True while an output segment of the channel begins within a key period. */
  const hasContent = (channelGuid: string, period: number, intervalMs: number) =>
    db.get(
      `SELECT 1 FROM input i JOIN output_timeline t ON t.input = i.id
         JOIN output_segment s INDEXED BY output_segment_by_time ON s.output_timeline = t.id
       WHERE i.channel_guid = ?1 AND s.end_utc >= ?2 AND s.end_utc <= ?3 + t.longest_ms
         AND s.start_utc >= ?2 AND s.start_utc < ?3 LIMIT 1`,
      channelGuid,
      period * intervalMs,
      (period + 1) * intervalMs,
    ) !== undefined

  const sourcesFrom = (id: string) =>
    db.all<KeySource>(
      `SELECT id, endpoint_guid AS endpointGuid, channel_guid AS channelGuid, interval_ms AS intervalMs
       FROM key_source WHERE interval_ms > 0 AND id >= ? ORDER BY id`,
      id,
    )

  /** The GUIDs of endpoints that jobs in progress use for content of other channels. */
  const endpointsWithOtherChannels = () =>
    new Set(
      db
        .all<{ guid: string }>(
          `SELECT body ->> '$.endpoint.guid' AS guid FROM harvest_job INDEXED BY harvest_job_in_progress
           WHERE status = 'IN_PROGRESS' AND body -> '$.otherEndpoints' IS NOT NULL`,
        )
        .map(({ guid }) => guid),
    )

  return {
    recordKeys(source: KeySource, { period, givenFor, recordedAt, body, sealed }: KeyRecord): KeyRecord {
      db.run(
        `INSERT INTO key_source (id, endpoint_guid, channel_guid, interval_ms) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET released_at = NULL`,
        source.id,
        source.endpointGuid,
        source.channelGuid,
        source.intervalMs,
      )
      db.run(
        `INSERT OR IGNORE INTO content_key (source, period, given_for, recorded_at, body, sealed)
         VALUES (?, ?, ?, ?, ?, ?)`,
        source.id,
        period,
        givenFor,
        recordedAt,
        body,
        sealed,
      )
      return db.get<KeyRecord>(`SELECT ${COLUMNS} FROM content_key WHERE source = ? AND period = ?`, source.id, period)!
    },

    recordedKeys: (sourceId: string, periods: readonly number[]) =>
      db.all<KeyRecord>(
        `SELECT ${COLUMNS} FROM content_key WHERE source = ? AND period IN (SELECT value FROM json_each(?))`,
        sourceId,
        JSON.stringify(periods),
      ),

    recordedKeysBefore: (sourceId: string, period: number) =>
      db.get<KeyRecord>(
        `SELECT ${COLUMNS} FROM content_key WHERE source = ? AND period < ? ORDER BY period DESC LIMIT 1`,
        sourceId,
        period,
      ),

    forgetOldKeys(
      kept: readonly KeptContent[],
      { after, limit }: { readonly after?: KeyPlace | undefined; readonly limit: number },
    ): KeyPlace | undefined {
      // Asked for source by source: as one statement, all rows would be compared with the demands of all channels.
      const before = new Map(kept.map((one) => [one.channelGuid, one.before]))
      const spared = endpointsWithOtherChannels()
      let left = limit
      for (const source of sourcesFrom(after?.source ?? '')) {
        const { id, channelGuid, intervalMs } = source
        const since = before.get(channelGuid)
        if (since === undefined || spared.has(source.endpointGuid)) continue
        const rows = db.all<{ period: number; recordedAt: number }>(
          `SELECT period, recorded_at AS recordedAt FROM content_key
           WHERE source = ? AND period > ? AND period < ? ORDER BY period LIMIT ?`,
          id,
          after?.source === id ? after.period : Number.MIN_SAFE_INTEGER,
          Math.floor(since / intervalMs),
          left,
        )
        for (const { period, recordedAt } of rows) {
          if (recordedAt + intervalMs >= since || hasContent(channelGuid, period, intervalMs)) continue
          db.run('DELETE FROM content_key WHERE source = ? AND period = ?', id, period)
        }
        left -= rows.length
        if (left === 0) return { source: id, period: rows.at(-1)!.period }
      }
      return undefined
    },

    forgetUnusedSources(current: readonly string[], now: UtcMs, graceMs: number): void {
      const list = JSON.stringify(current)
      db.run(
        `UPDATE key_source SET released_at = NULL
         WHERE released_at IS NOT NULL AND id IN (SELECT value FROM json_each(?))`,
        list,
      )
      db.run(
        `DELETE FROM key_source WHERE released_at + ? <= ? AND NOT EXISTS (
           SELECT 1 FROM harvest_job INDEXED BY harvest_job_in_progress
           WHERE status = 'IN_PROGRESS' AND body ->> '$.endpoint.guid' = endpoint_guid
         ) AND NOT EXISTS (
           SELECT 1 FROM clip, json_each(clip.body, '$.sources') AS source
           WHERE clip.channel_guid = key_source.channel_guid
             AND source.value ->> '$.endpoint.guid' = key_source.endpoint_guid)`,
        graceMs,
        now,
      )
      db.run(
        `UPDATE key_source SET released_at = ?
         WHERE released_at IS NULL AND id NOT IN (SELECT value FROM json_each(?))`,
        now,
        list,
      )
    },
  } satisfies Partial<Operations>
}
