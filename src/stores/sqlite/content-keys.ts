import type { UtcMs } from '../../media/time.ts'
import type { KeptContent, KeyPlace, KeyRecord, KeySource } from '../content-key-records.ts'
import type { SqliteDatabase } from './database.ts'
import type { Operations } from './synchronous.ts'

type Candidate = KeyPlace & { readonly channelGuid: string; readonly start: UtcMs; readonly end: UtcMs }

const COLUMNS = 'period, given_for AS givenFor, recorded_at AS recordedAt, body, sealed'

export function contentKeyOperations(db: SqliteDatabase) {
  /** True while an output segment of the channel begins within a span. */
  const hasContent = ({ channelGuid, start, end }: Candidate) =>
    db.get(
      `SELECT 1 FROM input i JOIN output_timeline t ON t.input = i.id
         JOIN output_segment s INDEXED BY output_segment_by_time ON s.output_timeline = t.id
       WHERE i.channel_guid = ?1 AND s.end_utc >= ?2 AND s.end_utc <= ?3 + t.longest_ms
         AND s.start_utc >= ?2 AND s.start_utc < ?3 LIMIT 1`,
      channelGuid,
      start,
      end,
    ) !== undefined

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
      const rows = db.all<Candidate>(
        `SELECT s.id AS source, k.period, s.channel_guid AS channelGuid,
           k.period * s.interval_ms AS start, (k.period + 1) * s.interval_ms AS "end"
         FROM key_source s JOIN json_each(?1) AS d ON d.value ->> 'channelGuid' = s.channel_guid
           JOIN content_key k ON k.source = s.id AND k.period < (d.value ->> 'before') / s.interval_ms
         WHERE s.interval_ms > 0 AND k.recorded_at + s.interval_ms < d.value ->> 'before'
           AND (s.id, k.period) > (?2, ?3) AND NOT EXISTS (
             SELECT 1 FROM harvest_job INDEXED BY harvest_job_in_progress
             WHERE status = 'IN_PROGRESS' AND body ->> '$.endpoint.guid' = s.endpoint_guid
               AND body -> '$.otherEndpoints' IS NOT NULL)
         ORDER BY s.id, k.period LIMIT ?4`,
        JSON.stringify(kept),
        after?.source ?? '',
        after?.period ?? 0,
        limit,
      )
      for (const row of rows) {
        if (!hasContent(row)) db.run('DELETE FROM content_key WHERE source = ? AND period = ?', row.source, row.period)
      }
      const last = rows.at(-1)
      return last && rows.length === limit ? { source: last.source, period: last.period } : undefined
    },

    forgetUnusedSources(current: readonly string[], now: UtcMs, graceMs: number): void {
      const list = JSON.stringify(current)
      db.run('UPDATE key_source SET released_at = NULL WHERE id IN (SELECT value FROM json_each(?))', list)
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
