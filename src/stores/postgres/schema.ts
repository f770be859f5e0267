/**
 * The tables, as migrations: a schema at version n has run the first n. Nouns are kept as JSON in `body`, beside the
 * columns that queries need. JSON, not JSONB: what was written is read back to the letter. Times are UTC milliseconds.
 */
export const MIGRATIONS: readonly string[] = [
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
    window_end bigint NOT NULL, body json NOT NULL
  );
  CREATE INDEX harvest_job_in_progress ON windrow.harvest_job (channel_guid) WHERE status = 'IN_PROGRESS';
  CREATE TABLE windrow.bucket_key (
    bucket text NOT NULL, key text NOT NULL, job_id text NOT NULL, endpoint_guid text NOT NULL, PRIMARY KEY (bucket, key)
  );
  CREATE TABLE windrow.event (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL UNIQUE, body json NOT NULL
  );
  `,
]
