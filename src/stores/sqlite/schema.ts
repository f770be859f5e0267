import type { SqliteDatabase } from './database.ts'
import {
  CREATE_CONTENT_KEYS,
  CREATE_HARVEST_RULES,
  CREATE_HARVEST_SCHEDULES,
  FIND_JOBS_BY_TIME,
  GIVE_ERAS_ORIGINS,
  renameKeys,
  upgradeEndpoints,
} from './migration-steps.ts'

/** SQL statements, or a function for a change that SQL cannot express well. */
type Migration = string | ((db: SqliteDatabase) => void)

/**
 * The tables, as migrations: a database at version n has run the first n. Nouns are stored as JSON in `body`, beside
 * the columns that queries need. Times are UTC milliseconds. `placed` of a source object is 1 in a slot, 0 when a
 * playlist may still list it, 2 when none will and no slot took it.
 */
export const MIGRATIONS: readonly Migration[] = [
  `
  CREATE TABLE channel (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, guid TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL, body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE deleted_channel (guid TEXT PRIMARY KEY, deleted_at INTEGER NOT NULL) STRICT;

  CREATE TABLE origin_endpoint (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, guid TEXT NOT NULL UNIQUE,
    channel_guid TEXT NOT NULL REFERENCES channel(guid), channel_id TEXT NOT NULL,
    startover_seconds INTEGER NOT NULL, revision INTEGER NOT NULL, body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX origin_endpoint_of_channel ON origin_endpoint (channel_guid, seq);
  CREATE TABLE released_window (channel_guid TEXT NOT NULL, seconds INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;

  CREATE TABLE harvest_job (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, channel_id TEXT NOT NULL, channel_guid TEXT NOT NULL,
    status TEXT NOT NULL, created_at INTEGER NOT NULL, window_start INTEGER NOT NULL, window_end INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX harvest_job_in_progress ON harvest_job (channel_guid) WHERE status = 'IN_PROGRESS';
  CREATE TABLE bucket_key (
    bucket TEXT NOT NULL, key TEXT NOT NULL, job_id TEXT NOT NULL, endpoint_guid TEXT NOT NULL, PRIMARY KEY (bucket, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE event (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;

  CREATE TABLE input (
    id INTEGER PRIMARY KEY AUTOINCREMENT, channel_guid TEXT NOT NULL, ingest_endpoint_id TEXT NOT NULL,
    version INTEGER NOT NULL, state TEXT NOT NULL, UNIQUE (channel_guid, ingest_endpoint_id)
  ) STRICT;
  CREATE TABLE era (
    input INTEGER NOT NULL, id INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (input, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE slot (
    input INTEGER NOT NULL, era INTEGER NOT NULL, idx INTEGER NOT NULL, start_utc INTEGER NOT NULL,
    end_utc INTEGER NOT NULL, sealed_at INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (input, era, idx)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX slot_sealed ON slot (input, sealed_at, start_utc, end_utc);
  CREATE TABLE source_object (
    key TEXT PRIMARY KEY, input INTEGER NOT NULL, received_at INTEGER NOT NULL, placed INTEGER NOT NULL DEFAULT 0,
    body TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX source_object_unplaced ON source_object (input, received_at) WHERE placed <> 1;
  CREATE TABLE doomed_object (key TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

  CREATE TABLE numbering (
    id INTEGER PRIMARY KEY AUTOINCREMENT, input INTEGER NOT NULL, segment_duration_seconds REAL NOT NULL,
    first_number INTEGER NOT NULL, longest_ms INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX numbering_of_input ON numbering (input);
  CREATE TABLE endpoint_numbering (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, endpoint_guid TEXT NOT NULL, revision INTEGER NOT NULL,
    numbering INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX endpoint_numbering_of_endpoint ON endpoint_numbering (endpoint_guid, revision, seq);
  CREATE TABLE highest_number (channel_guid TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE output_segment (
    numbering INTEGER NOT NULL, number INTEGER NOT NULL, era INTEGER NOT NULL, first_slot INTEGER NOT NULL,
    slot_count INTEGER NOT NULL, start_utc INTEGER NOT NULL, end_utc INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (numbering, number)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX output_segment_by_time ON output_segment (numbering, end_utc, start_utc);
  CREATE INDEX output_segment_by_slot ON output_segment (numbering, era, first_slot);
  `,

  // The clock of an era, from its oldest slot. An era without slots is written again when its first slot is sealed.
  `
  UPDATE era SET body = json_set(body, '$.clock', json(coalesce(
    (SELECT json_object('time', json_extract(s.body, '$.start'), 'utc', s.start_utc)
     FROM slot s WHERE s.input = era.input AND s.era = era.id ORDER BY s.idx LIMIT 1),
    '{"time":0,"utc":0}')));
  `,

  // Harvest jobs as claimed by workers; the outbox of events.
  `
  ALTER TABLE harvest_job ADD COLUMN state TEXT NOT NULL DEFAULT 'QUEUED';
  ALTER TABLE harvest_job ADD COLUMN fence INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE harvest_job ADD COLUMN owner TEXT;
  ALTER TABLE harvest_job ADD COLUMN lease_until INTEGER;
  ALTER TABLE harvest_job ADD COLUMN not_before INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE harvest_job ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE harvest_job ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE harvest_job ADD COLUMN cancelling INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE harvest_job ADD COLUMN completing INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE harvest_job ADD COLUMN cursor TEXT;
  ALTER TABLE harvest_job ADD COLUMN failure TEXT;
  ALTER TABLE harvest_job ADD COLUMN started_at INTEGER;
  ALTER TABLE harvest_job ADD COLUMN ended_at INTEGER;
  UPDATE harvest_job SET state = status WHERE status <> 'IN_PROGRESS';
  CREATE TABLE harvest_object (
    job INTEGER NOT NULL REFERENCES harvest_job(seq) ON DELETE CASCADE, key TEXT NOT NULL, size INTEGER NOT NULL,
    sha256 TEXT NOT NULL, PRIMARY KEY (job, key)
  ) STRICT, WITHOUT ROWID;

  ALTER TABLE bucket_key ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX bucket_key_of_job ON bucket_key (job_id);

  ALTER TABLE event ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
  UPDATE event SET at = body ->> 'at';
  CREATE INDEX event_by_age ON event (at);
  CREATE TABLE event_sink (
    sink TEXT PRIMARY KEY, after INTEGER NOT NULL, owner TEXT, lease_until INTEGER NOT NULL, fence INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,

  // Names of segments contain times of their era.
  `
  CREATE INDEX output_segment_by_start ON output_segment (numbering, era, json_extract(body, '$.start'));
  `,

  // A numbering follows either input of its channel, and has a state of its own. Eras of a second input, whose
  // endpoint is not named after the channel, move above a million; content it had not sealed is processed anew, in
  // the streams it is known to have, since an encoder may send its parent playlist only once.
  `
  ALTER TABLE numbering ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE numbering ADD COLUMN state TEXT NOT NULL DEFAULT '{}';
  UPDATE numbering SET version = 1, state = (
    SELECT json_set(n.value, '$.input', i.ingest_endpoint_id, '$.met', json('{}'), '$.spare', json('[]'))
    FROM input i, json_each(i.state, '$.numberings') n WHERE i.id = numbering.input AND n.key = CAST(numbering.id AS TEXT)
  ) WHERE EXISTS (
    SELECT 1 FROM input i, json_each(i.state, '$.numberings') n
    WHERE i.id = numbering.input AND i.version > 0 AND n.key = CAST(numbering.id AS TEXT));
  UPDATE numbering SET state = json_set(state, '$.met', json_object(json_extract(state, '$.input'),
    json(json_extract(state, '$.last')))) WHERE version > 0 AND json_extract(state, '$.last') IS NOT NULL;
  UPDATE input SET state = json_remove(state, '$.numberings') WHERE version > 0;

  ALTER TABLE output_segment ADD COLUMN input INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE output_segment ADD COLUMN slot_era INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE output_segment ADD COLUMN sealed_at INTEGER NOT NULL DEFAULT 0;
  UPDATE output_segment SET input = (SELECT input FROM numbering WHERE id = output_segment.numbering),
    sealed_at = body ->> 'sealedAt';
  ALTER TABLE source_object ADD COLUMN holders INTEGER NOT NULL DEFAULT 0;
  UPDATE source_object SET holders = 1 WHERE placed = 1;

  CREATE TEMP TABLE second AS SELECT id FROM input WHERE ingest_endpoint_id <> channel_guid AND version > 0;
  UPDATE era SET body = json_set(body, '$.id', id + 1000000), id = id + 1000000 WHERE input IN second;
  UPDATE slot SET body = json_set(body, '$.era', era + 1000000), era = era + 1000000 WHERE input IN second;
  UPDATE output_segment SET era = era + 1000000 WHERE input IN second;
  UPDATE numbering SET state = json_set(state, '$.run', json('[]'), '$.runTracks', json('[]'),
      '$.last.era', json_extract(state, '$.last.era') + 1000000)
    WHERE version > 0 AND input IN second AND json_extract(state, '$.last') IS NOT NULL;
  UPDATE numbering SET state = json_set(state, '$.met', json_object(json_extract(state, '$.input'),
      json(json_extract(state, '$.last')))) WHERE version > 0 AND input IN second;
  UPDATE input SET state = json_set(state, '$.listings', json('{}'), '$.eras', json('[]'),
    '$.nextEra', json_extract(state, '$.nextEra') + 1000000, '$.ended', json('false')) WHERE id IN second;
  DROP TABLE second;
  UPDATE output_segment SET slot_era = era;

  DROP INDEX output_segment_by_slot;
  CREATE INDEX output_segment_by_slot ON output_segment (numbering, input, slot_era, first_slot);
  CREATE INDEX output_segment_by_sealing ON output_segment (numbering, sealed_at);

  CREATE TABLE input_usage (input INTEGER PRIMARY KEY, objects INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
  INSERT INTO input_usage SELECT input, count(*), sum(body ->> 'size') FROM source_object GROUP BY input;
  CREATE TRIGGER source_object_kept AFTER INSERT ON source_object BEGIN
    INSERT INTO input_usage VALUES (new.input, 1, new.body ->> 'size')
      ON CONFLICT (input) DO UPDATE SET objects = objects + 1, bytes = bytes + excluded.bytes;
  END;
  CREATE TRIGGER source_object_gone AFTER DELETE ON source_object BEGIN
    UPDATE input_usage SET objects = objects - 1, bytes = bytes - (old.body ->> 'size') WHERE input = old.input;
  END;
  `,

  // Rows too large for a page of an index were read whole wherever a search passed them: slots get an ordinary table.
  // Manifests read outlines, which older slots lack. The eras of a numbering are known without reading its segments.
  `
  ALTER TABLE slot RENAME TO old_slot;
  DROP INDEX slot_sealed;
  CREATE TABLE slot (
    id INTEGER PRIMARY KEY, input INTEGER NOT NULL, era INTEGER NOT NULL, idx INTEGER NOT NULL,
    start_utc INTEGER NOT NULL, end_utc INTEGER NOT NULL, sealed_at INTEGER NOT NULL, body TEXT NOT NULL
  ) STRICT;
  INSERT INTO slot (input, era, idx, start_utc, end_utc, sealed_at, body)
    SELECT input, era, idx, start_utc, end_utc, sealed_at, body FROM old_slot ORDER BY input, era, idx;
  DROP TABLE old_slot;
  CREATE UNIQUE INDEX slot_by_place ON slot (input, era, idx);
  CREATE INDEX slot_sealed ON slot (input, sealed_at, start_utc, end_utc);
  CREATE TABLE slot_outline (slot INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;

  CREATE TABLE shown_era (
    numbering INTEGER NOT NULL, number INTEGER NOT NULL, era INTEGER NOT NULL, clock_utc INTEGER,
    PRIMARY KEY (numbering, number)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO shown_era SELECT s.numbering, min(s.number), s.era, (
      SELECT json_extract(e.body, '$.clock.utc') FROM era e WHERE e.id = s.era AND e.input IN (
        SELECT i.id FROM input i JOIN input f ON f.channel_guid = i.channel_guid JOIN numbering n ON n.input = f.id
        WHERE n.id = s.numbering))
    FROM output_segment s GROUP BY s.numbering, s.era;
  `,

  // Tables and fields get the names they have in the code.
  `
  ALTER TABLE doomed_object RENAME TO pending_deletion;
  ALTER TABLE slot_outline RENAME TO slot_summary;
  ALTER TABLE numbering RENAME TO output_timeline;
  ALTER TABLE endpoint_numbering RENAME TO endpoint_output_timeline;
  ALTER TABLE endpoint_output_timeline RENAME COLUMN numbering TO output_timeline;
  ALTER TABLE output_segment RENAME COLUMN numbering TO output_timeline;
  ALTER TABLE shown_era RENAME COLUMN numbering TO output_timeline;
  DROP INDEX numbering_of_input;
  CREATE INDEX output_timeline_of_input ON output_timeline (input);
  DROP INDEX endpoint_numbering_of_endpoint;
  CREATE INDEX output_timeline_of_endpoint ON endpoint_output_timeline (endpoint_guid, revision, seq);
  ${renameKeys('output_segment', 'body', { stretch: 'period', moved: 'shift' })}
  ${renameKeys('output_timeline', 'state', {
    stretch: 'period',
    met: 'cursors',
    edge: 'outputEnd',
    shownAs: 'mapping',
    shown: 'recentEras',
    madeEras: 'aliasEras',
    spare: 'standbySlots',
    passed: 'lastStandby',
    untold: 'pendingSwitches',
    toldAt: 'notifiedAt',
  })}
  `,

  upgradeEndpoints,

  GIVE_ERAS_ORIGINS,

  // The asset of each name in a bucket, identified by its manifest key; null where the job is unknown.
  `
  ALTER TABLE bucket_key ADD COLUMN manifest_key TEXT;
  UPDATE bucket_key SET manifest_key = (
    SELECT body ->> '$.s3Destination.manifestKey' FROM harvest_job WHERE id = bucket_key.job_id);
  `,

  // The server's clocks when it ran last: one row.
  `
  CREATE TABLE clock (id INTEGER PRIMARY KEY CHECK (id = 1), steady INTEGER NOT NULL, date INTEGER NOT NULL) STRICT;
  `,

  // How far the scrub has come: one row.
  `
  CREATE TABLE scrub (id INTEGER PRIMARY KEY CHECK (id = 1), slot INTEGER NOT NULL, began INTEGER NOT NULL) STRICT;
  `,

  // A copy of another archive that is not finished: one row; and which objects have been copied for it. Size and
  // CRC-32 of one are null while it is being copied.
  `
  CREATE TABLE archive_copy (id INTEGER PRIMARY KEY CHECK (id = 1)) STRICT;
  CREATE TABLE copied_object (key TEXT PRIMARY KEY, size INTEGER, crc32 INTEGER) STRICT, WITHOUT ROWID;
  `,

  CREATE_HARVEST_SCHEDULES,

  // Clips, which pin content between two moments.
  `
  CREATE TABLE clip (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, channel_id TEXT NOT NULL,
    channel_guid TEXT NOT NULL, pinned_start INTEGER NOT NULL, pinned_end INTEGER NOT NULL, expires_at INTEGER,
    bytes INTEGER NOT NULL, revision INTEGER NOT NULL, body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX clip_of_channel ON clip (channel_guid);
  `,

  // Ad events of eras, each until the last slot is gone that names it; `last_slot` is null while it goes on.
  `
  CREATE TABLE ad_event (
    input INTEGER NOT NULL, era INTEGER NOT NULL, number INTEGER NOT NULL, last_slot INTEGER, body TEXT NOT NULL,
    PRIMARY KEY (input, era, number)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ad_event_by_end ON ad_event (input, era, last_slot);
  `,

  // Which output timelines are cut at ad boundaries.
  'ALTER TABLE output_timeline ADD COLUMN is_cut INTEGER NOT NULL DEFAULT 0',

  CREATE_HARVEST_RULES,

  CREATE_CONTENT_KEYS,

  // By which jobs are counted.
  'CREATE INDEX harvest_job_by_status ON harvest_job (status, state, not_before)',

  FIND_JOBS_BY_TIME,
]
