import type { HarvestJob } from '../../model/harvest-job.ts'
import { type OlderEndpoint, upgradedEndpoint } from '../older-endpoint.ts'
import type { SqliteDatabase } from './database.ts'

type Row = { readonly seq: number; readonly body: string }
type OlderJob = Omit<HarvestJob, 'endpoint'> & { readonly endpoint: OlderEndpoint }

/** Replaces the package of origin endpoints, and of their copies in harvest jobs, by a packaging. */
export function upgradeEndpoints(db: SqliteDatabase): void {
  for (const { seq, body } of db.all<Row>('SELECT seq, body FROM origin_endpoint')) {
    const endpoint = upgradedEndpoint(JSON.parse(body) as OlderEndpoint)
    db.run('UPDATE origin_endpoint SET body = ? WHERE seq = ?', JSON.stringify(endpoint), seq)
  }
  for (const { seq, body } of db.all<Row>('SELECT seq, body FROM harvest_job')) {
    const job = JSON.parse(body) as OlderJob
    const upgraded: HarvestJob = { ...job, endpoint: upgradedEndpoint(job.endpoint) }
    db.run('UPDATE harvest_job SET body = ? WHERE seq = ?', JSON.stringify(upgraded), seq)
  }
}

/** The statements that rename keys of the JSON objects in a column. */
export function renameKeys(table: string, column: string, names: Readonly<Record<string, string>>): string {
  const renames = Object.entries(names).map(([from, to]) => {
    const renamed = `json_remove(json_set(${column}, '$.${to}', json(${column} -> '$.${from}')), '$.${from}')`
    return `UPDATE ${table} SET ${column} = ${renamed} WHERE ${column} -> '$.${from}' IS NOT NULL;`
  })
  return renames.join('\n')
}

/**
 * Gives eras their origin. The era that an alias stands for is found by the first segment shown in it, or in the state
 * of the output timeline that made it.
 */
export const GIVE_ERAS_ORIGINS = `
  ALTER TABLE era ADD COLUMN is_alias INTEGER NOT NULL DEFAULT 0;
  UPDATE era SET is_alias = 1 WHERE id >= 1000000000;
  UPDATE era SET body = json_set(body, '$.origin', json_object('kind', 'input', 'input',
    (SELECT i.ingest_endpoint_id FROM input i WHERE i.id = era.input))) WHERE is_alias = 0;
  UPDATE era SET body = json_set(body, '$.origin', json(json_patch('{"kind":"alias"}', json_object('of', coalesce(
    (SELECT s.slot_era FROM output_segment s
     WHERE s.output_timeline = era.id / 1000000 - 1000 AND s.era = era.id ORDER BY s.number LIMIT 1),
    (SELECT json_extract(n.state, '$.mapping.from') FROM output_timeline n
     WHERE n.id = era.id / 1000000 - 1000 AND json_extract(n.state, '$.mapping.era') = era.id)))))) WHERE is_alias = 1;
  `

/**
 * Harvest schedules: where the first window begins of which nothing has become, and when its job is to be made; and
 * what became of those before.
 */
export const CREATE_HARVEST_SCHEDULES = `
  CREATE TABLE harvest_schedule (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL, next INTEGER,
    due_at INTEGER, body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX harvest_schedule_due ON harvest_schedule (due_at, seq);
  CREATE TABLE schedule_run (
    schedule INTEGER NOT NULL REFERENCES harvest_schedule(seq) ON DELETE CASCADE, start INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL, job_id TEXT, body TEXT NOT NULL, PRIMARY KEY (schedule, start)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX schedule_run_by_age ON schedule_run (recorded_at);
  `

/** Harvest rules: how far each has read what its endpoint shows, and what became of events. */
export const CREATE_HARVEST_RULES = `
  CREATE TABLE harvest_rule (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL, position TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE rule_run (
    rule INTEGER NOT NULL REFERENCES harvest_rule(seq) ON DELETE CASCADE, key TEXT NOT NULL,
    recorded_at INTEGER NOT NULL, job_id TEXT, clip_id TEXT, body TEXT NOT NULL, PRIMARY KEY (rule, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX rule_run_by_age ON rule_run (recorded_at);
  `

/**
 * Content keys, which only holders of the key-encryption key can read, and what they were requested for. Their bodies
 * are too large for an index.
 */
export const CREATE_CONTENT_KEYS = `
  CREATE TABLE key_source (
    id TEXT PRIMARY KEY, endpoint_guid TEXT NOT NULL, channel_guid TEXT NOT NULL, interval_ms INTEGER NOT NULL,
    released_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE content_key (
    source TEXT NOT NULL REFERENCES key_source(id) ON DELETE CASCADE, period INTEGER NOT NULL,
    given_for INTEGER NOT NULL, recorded_at INTEGER NOT NULL, body TEXT NOT NULL, sealed TEXT NOT NULL,
    PRIMARY KEY (source, period)
  ) STRICT;
`

/** By which jobs are found that are of a span of a channel. */
export const FIND_JOBS_BY_TIME = `
  CREATE INDEX harvest_job_by_window ON harvest_job (channel_guid, window_end, window_start);
  CREATE INDEX harvest_job_of_ranges ON harvest_job (seq) WHERE json_type(body, '$.ranges') IS NOT NULL;`
