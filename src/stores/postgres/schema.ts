import type { HarvestJob } from '../../model/harvest-job.ts'
import { type OlderEndpoint, upgradedEndpoint } from '../older-endpoint.ts'
import type { Transaction } from './database.ts'

/** SQL statements, or a function for a change that SQL cannot express well. */
type Migration = string | ((transaction: Transaction) => Promise<void>)

type OlderJob = Omit<HarvestJob, 'endpoint'> & { readonly endpoint: OlderEndpoint }

/** Replaces the package of origin endpoints, and of their copies in harvest jobs, by a packaging. */
async function upgradeEndpoints(transaction: Transaction): Promise<void> {
  type Row<Body> = { seq: number; body: Body }
  for (const { seq, body } of await transaction.all<Row<OlderEndpoint>>(
    'SELECT seq, body FROM windrow.origin_endpoint',
  )) {
    const endpoint = JSON.stringify(upgradedEndpoint(body))
    await transaction.run('UPDATE windrow.origin_endpoint SET body = $1 WHERE seq = $2', endpoint, seq)
  }
  for (const { seq, body } of await transaction.all<Row<OlderJob>>('SELECT seq, body FROM windrow.harvest_job')) {
    const job: HarvestJob = { ...body, endpoint: upgradedEndpoint(body.endpoint) }
    await transaction.run('UPDATE windrow.harvest_job SET body = $1 WHERE seq = $2', JSON.stringify(job), seq)
  }
}

/**
 * The tables, as migrations: a schema at version n has run the first n. Nouns are stored as JSON in `body`, beside
 * the columns that queries need; JSON, not JSONB, which would not return exactly what was written. Times are UTC
 * milliseconds.
 */
export const MIGRATIONS: readonly Migration[] = [
  `
  CREATE TABLE windrow.channel (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL UNIQUE, guid text NOT NULL UNIQUE,
    revision bigint NOT NULL, body json NOT NULL
  );
  CREATE TABLE windrow.deleted_channel (guid text PRIMARY KEY, deleted_at bigint NOT NULL);

  CREATE TABLE windrow.origin_endpoint (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL UNIQUE, guid text NOT NULL UNIQUE,
    channel_guid text NOT NULL REFERENCES windrow.channel (guid), channel_id text NOT NULL,
    startover_seconds bigint NOT NULL, revision bigint NOT NULL, body json NOT NULL
  );
  CREATE INDEX origin_endpoint_of_channel ON windrow.origin_endpoint (channel_guid, seq);
  CREATE TABLE windrow.released_window (channel_guid text NOT NULL, seconds bigint NOT NULL, until bigint NOT NULL);
  CREATE INDEX released_window_of_channel ON windrow.released_window (channel_guid);

  CREATE TABLE windrow.harvest_job (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL UNIQUE, channel_id text NOT NULL,
    channel_guid text NOT NULL, status text NOT NULL, created_at bigint NOT NULL, window_start bigint NOT NULL,
    window_end bigint NOT NULL, body json NOT NULL, state text NOT NULL DEFAULT 'QUEUED',
    fence bigint NOT NULL DEFAULT 0, owner text, lease_until bigint, not_before bigint NOT NULL,
    attempts bigint NOT NULL DEFAULT 0, failures bigint NOT NULL DEFAULT 0, cancelling boolean NOT NULL DEFAULT false,
    completing boolean NOT NULL DEFAULT false, cursor json, failure json, started_at bigint, ended_at bigint
  );
  CREATE INDEX harvest_job_in_progress ON windrow.harvest_job (seq) WHERE status = 'IN_PROGRESS';
  CREATE TABLE windrow.harvest_object (
    job bigint NOT NULL REFERENCES windrow.harvest_job (seq) ON DELETE CASCADE, key text COLLATE "C" NOT NULL,
    size bigint NOT NULL, sha256 text NOT NULL, PRIMARY KEY (job, key)
  );
  CREATE TABLE windrow.bucket_key (
    bucket text NOT NULL, key text NOT NULL, job_id text NOT NULL, endpoint_guid text NOT NULL,
    shared boolean NOT NULL DEFAULT false, PRIMARY KEY (bucket, key)
  );
  CREATE INDEX bucket_key_of_job ON windrow.bucket_key (job_id);

  CREATE TABLE windrow.event (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL UNIQUE, at bigint NOT NULL, body json NOT NULL
  );
  CREATE INDEX event_by_age ON windrow.event (at);
  CREATE TABLE windrow.event_sink (
    sink text PRIMARY KEY, after bigint NOT NULL, owner text, lease_until bigint NOT NULL, fence bigint NOT NULL
  );

  CREATE TABLE windrow.archive (only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), id text NOT NULL);
  `,

  upgradeEndpoints,

  // The asset of each name in a bucket, identified by its manifest key; null where the job is unknown.
  `
  ALTER TABLE windrow.bucket_key ADD COLUMN manifest_key text;
  UPDATE windrow.bucket_key SET manifest_key = (
    SELECT body #>> '{s3Destination,manifestKey}' FROM windrow.harvest_job WHERE id = bucket_key.job_id);
  `,
]
