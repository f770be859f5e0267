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
 * milliseconds. Nothing uses the table `archive` any more.
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

  // The segment index. Ids are of this database; what belongs to a channel is found through its inputs, and objects by
  // their keys, which begin with the GUID of the channel. `holders` of a source object are the slots that hold it, or
  // one while it is unplaced: the first slot takes its place, so that most rows are written once. `body` of an unplaced
  // object is null when no playlist will list it any more. Rows that change with every commit leave room on their page
  // for their next versions, which then need no entries in indexes.
  `
  CREATE TABLE windrow.input (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, channel_guid text COLLATE "C" NOT NULL,
    ingest_endpoint_id text COLLATE "C" NOT NULL, version bigint NOT NULL DEFAULT 0, objects bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0, state text NOT NULL DEFAULT '', UNIQUE (channel_guid, ingest_endpoint_id)
  ) WITH (fillfactor = 50);
  CREATE TABLE windrow.era (
    input bigint NOT NULL, id bigint NOT NULL, is_alias boolean NOT NULL, body text NOT NULL, PRIMARY KEY (input, id)
  );

  CREATE TABLE windrow.source_object (
    key text COLLATE "C" PRIMARY KEY, input bigint NOT NULL, size bigint NOT NULL, holders int NOT NULL
  );
  CREATE TABLE windrow.unplaced_object (
    key text COLLATE "C" PRIMARY KEY, input bigint NOT NULL, received_at bigint NOT NULL, body text
  );
  CREATE INDEX unplaced_object_by_age ON windrow.unplaced_object (input, received_at);
  CREATE TABLE windrow.pending_deletion (key text COLLATE "C" PRIMARY KEY);

  CREATE TABLE windrow.slot (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, input bigint NOT NULL, era bigint NOT NULL,
    start_utc bigint NOT NULL, end_utc bigint NOT NULL, sealed_at bigint NOT NULL, idx int NOT NULL, body text NOT NULL
  );
  CREATE UNIQUE INDEX slot_by_place ON windrow.slot (input, era, idx);
  CREATE INDEX slot_sealed ON windrow.slot (input, sealed_at);
  CREATE TABLE windrow.slot_summary (
    input bigint NOT NULL, era bigint NOT NULL, idx int NOT NULL, body text NOT NULL, PRIMARY KEY (input, era, idx)
  );

  CREATE TABLE windrow.output_timeline (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, input bigint NOT NULL, first_number bigint NOT NULL,
    segment_duration_seconds double precision NOT NULL, longest_ms bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0, state text NOT NULL DEFAULT ''
  ) WITH (fillfactor = 50);
  CREATE INDEX output_timeline_of_input ON windrow.output_timeline (input);
  CREATE TABLE windrow.endpoint_output_timeline (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, endpoint_guid text NOT NULL, revision bigint NOT NULL,
    output_timeline bigint NOT NULL
  );
  CREATE INDEX output_timeline_of_endpoint ON windrow.endpoint_output_timeline (endpoint_guid, revision, seq);
  CREATE INDEX endpoint_of_output_timeline ON windrow.endpoint_output_timeline (output_timeline);
  CREATE TABLE windrow.highest_number (channel_guid text COLLATE "C" PRIMARY KEY, number bigint NOT NULL)
    WITH (fillfactor = 50);

  CREATE TABLE windrow.output_segment (
    output_timeline bigint NOT NULL, number bigint NOT NULL, era bigint NOT NULL, start bigint NOT NULL,
    start_utc bigint NOT NULL, end_utc bigint NOT NULL, sealed_at bigint NOT NULL, input bigint NOT NULL,
    slot_era bigint NOT NULL, first_slot int NOT NULL, slot_count int NOT NULL, body text NOT NULL,
    PRIMARY KEY (output_timeline, number)
  );
  CREATE INDEX output_segment_by_time ON windrow.output_segment (output_timeline, end_utc, start_utc, number);
  CREATE INDEX output_segment_by_start ON windrow.output_segment (output_timeline, era, start);
  CREATE INDEX output_segment_by_slot ON windrow.output_segment (output_timeline, input, slot_era, first_slot);
  CREATE INDEX output_segment_by_sealing ON windrow.output_segment (output_timeline, sealed_at, number);
  CREATE TABLE windrow.shown_era (
    output_timeline bigint NOT NULL, number bigint NOT NULL, era bigint NOT NULL, clock_utc bigint,
    PRIMARY KEY (output_timeline, number)
  );

  CREATE TABLE windrow.clock (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), steady bigint NOT NULL, date bigint NOT NULL
  );
  CREATE TABLE windrow.scrub (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), slot bigint NOT NULL, began bigint NOT NULL
  );
  `,

  // Which process has each piece of work. Leases are renewed often: nothing indexes them, and rows have room on their
  // page for their next versions.
  `
  CREATE TABLE windrow.work_claim (
    name text COLLATE "C" PRIMARY KEY, owner text NOT NULL, lease_until bigint NOT NULL
  ) WITH (fillfactor = 50);
  `,

  // Objects that are being written, until a commit records them. Their rows are few and do not last: to read them all
  // now and then costs less than an index by their age, which each object would enter and leave.
  `
  CREATE TABLE windrow.staged_object (key text COLLATE "C" PRIMARY KEY, staged_at bigint NOT NULL);
  `,

  // What the steady clocks of all processes showed at a date of the server.
  `
  CREATE TABLE windrow.steady_moment (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), steady bigint NOT NULL, date bigint NOT NULL
  );
  `,

  // The key of the nonces that encoders are challenged with, in hexadecimal.
  `
  CREATE TABLE windrow.nonce_key (only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), key text NOT NULL);
  `,

  // The least version that a program must know to work on this one.
  'ALTER TABLE windrow.version ADD COLUMN usable_from int NOT NULL DEFAULT 0',

  // Which process has each piece of work, and the lease of each process. They take the place of work_claim, which goes
  // when no node needs it any more. Leases are renewed often: nothing indexes them, and rows have room on their page.
  `
  CREATE TABLE windrow.work_owner (owner text COLLATE "C" PRIMARY KEY, lease_until bigint NOT NULL)
    WITH (fillfactor = 50);
  CREATE TABLE windrow.claimed_work (name text COLLATE "C" PRIMARY KEY, owner text COLLATE "C" NOT NULL);
  CREATE INDEX claimed_work_of_owner ON windrow.claimed_work (owner);
  `,

  // A copy of another archive that is not finished: one row; and which objects have been copied for it. Size and
  // CRC-32 of one are null while it is being copied.
  `
  CREATE TABLE windrow.archive_copy (only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one));
  CREATE TABLE windrow.copied_object (key text COLLATE "C" PRIMARY KEY, size bigint, crc32 bigint);
  `,

  // Harvest schedules: where the first window begins of which nothing has become, and when its job is to be made; and
  // what became of those before.
  `
  CREATE TABLE windrow.harvest_schedule (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE, revision bigint NOT NULL,
    next bigint, due_at bigint, body json NOT NULL
  );
  CREATE INDEX harvest_schedule_due ON windrow.harvest_schedule (due_at, seq);
  CREATE TABLE windrow.schedule_run (
    schedule bigint NOT NULL REFERENCES windrow.harvest_schedule (seq) ON DELETE CASCADE, start bigint NOT NULL,
    recorded_at bigint NOT NULL, job_id text, body json NOT NULL, PRIMARY KEY (schedule, start)
  );
  CREATE INDEX schedule_run_by_age ON windrow.schedule_run (recorded_at);
  `,

  // Clips, which pin content between two moments.
  `
  CREATE TABLE windrow.clip (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL UNIQUE, channel_id text NOT NULL,
    channel_guid text NOT NULL, pinned_start bigint NOT NULL, pinned_end bigint NOT NULL, expires_at bigint,
    bytes bigint NOT NULL, revision bigint NOT NULL, body json NOT NULL
  );
  CREATE INDEX clip_of_channel ON windrow.clip (channel_guid);
  `,

  // Ad events of eras, each until the last slot is gone that names it; `last_slot` is null while it goes on.
  `
  CREATE TABLE windrow.ad_event (
    input bigint NOT NULL, era bigint NOT NULL, number bigint NOT NULL, last_slot int, body text NOT NULL,
    PRIMARY KEY (input, era, number)
  );
  CREATE INDEX ad_event_by_end ON windrow.ad_event (input, era, last_slot);
  `,

  // Which output timelines are cut at ad boundaries.
  'ALTER TABLE windrow.output_timeline ADD COLUMN is_cut boolean NOT NULL DEFAULT false',

  // Harvest rules: how far each has read what its endpoint shows, and what became of events.
  `
  CREATE TABLE windrow.harvest_rule (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE, revision bigint NOT NULL,
    position json NOT NULL, body json NOT NULL
  );
  CREATE TABLE windrow.rule_run (
    rule bigint NOT NULL REFERENCES windrow.harvest_rule (seq) ON DELETE CASCADE, key text COLLATE "C" NOT NULL,
    recorded_at bigint NOT NULL, job_id text, clip_id text, body json NOT NULL, PRIMARY KEY (rule, key)
  );
  CREATE INDEX rule_run_by_age ON windrow.rule_run (recorded_at);
  `,

  // Content keys, which only holders of the key-encryption key can read, and what they were requested for.
  `
  CREATE TABLE windrow.key_source (
    id text COLLATE "C" PRIMARY KEY, endpoint_guid text NOT NULL, channel_guid text COLLATE "C" NOT NULL,
    interval_ms bigint NOT NULL, released_at bigint
  );
  CREATE TABLE windrow.content_key (
    source text COLLATE "C" NOT NULL REFERENCES windrow.key_source (id) ON DELETE CASCADE, period bigint NOT NULL,
    given_for bigint NOT NULL, recorded_at bigint NOT NULL, body text NOT NULL, sealed text NOT NULL,
    PRIMARY KEY (source, period)
  );
  `,

  // By which jobs are counted.
  'CREATE INDEX IF NOT EXISTS harvest_job_by_status ON windrow.harvest_job (status, state, not_before)',

  // By which jobs are found that are of a span of a channel.
  `
  CREATE INDEX IF NOT EXISTS harvest_job_by_window ON windrow.harvest_job (channel_guid, window_end, window_start);
  CREATE INDEX IF NOT EXISTS harvest_job_of_ranges ON windrow.harvest_job (seq) WHERE body::text LIKE '%"ranges":[%';
  `,
]

/**
 * The least version that a program must know to work on the newest one. Later migrations only add: tables, columns
 * that are null or have a default, indexes, members of JSON that programs before pass over and may leave out. A
 * migration that takes something away, or gives it another meaning, raises this to its own number; it comes a
 * release after the last one that needs what it takes away, for nodes are replaced one by one.
 */
export const USABLE_FROM = 8
