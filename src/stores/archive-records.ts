import type { StoredBytes } from '../model/source-segment.ts'

/** Why no server can be started on a database. */
export const COPY_UNFINISHED =
  'an archive is being copied into it; finish that by running "windrow archive copy" again as before, or "windrow restore"'

/** Why an archive cannot be copied from a database, or to it. */
export function otherVersion(version: number, wanted: number): string {
  const how = version > wanted ? 'copy it with the newer release that it is of' : 'start this release on it once before'
  return `it has version ${version}, but this program copies version ${wanted}: ${how}`
}

/** A value of a row. JSON and opaque states are text, exactly as they are stored; flags are 0 or 1. */
export type RecordValue = string | number | null

/** A row of a table: a value for each of its columns, in their order. */
export type ArchiveRecord = readonly RecordValue[]

export type ColumnKind = 'integer' | 'number' | 'flag' | 'text' | 'json'

/** The rows of one kind, whichever database they are in. */
export type RecordTable = {
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly kind: ColumnKind }[]
  /** How many columns, from the first one on, tell a row from all others. */
  readonly keys: number
}

function table(name: string, keys: number, columns: Readonly<Record<string, ColumnKind>>): RecordTable {
  return { name, keys, columns: Object.entries(columns).map(([column, kind]) => ({ name: column, kind })) }
}

const SLOT_COLUMNS = {
  id: 'integer',
  input: 'integer',
  era: 'integer',
  idx: 'integer',
  start_utc: 'integer',
  end_utc: 'integer',
  sealed_at: 'integer',
  body: 'text',
  summary: 'text',
} as const

const UNPLACED_COLUMNS = {
  input: 'integer',
  received_at: 'integer',
  key: 'text',
  size: 'integer',
  body: 'text',
} as const

/** Sealed slots, with their objects and their summaries. */
export const SLOTS = table('slot', 1, SLOT_COLUMNS)
/** Source objects that no slot holds. `body` is null when no playlist will list them any more. */
export const UNPLACED_OBJECTS = table('unplaced_object', 3, UNPLACED_COLUMNS)
/** The last number given to a row of each table with numbers that are never given again. */
export const LAST_NUMBERS = table('last_number', 1, { numbered: 'text', last: 'integer' })

/** The tables and columns of LAST_NUMBERS. */
export const NUMBERED = {
  channel: 'seq',
  origin_endpoint: 'seq',
  harvest_job: 'seq',
  harvest_schedule: 'seq',
  harvest_rule: 'seq',
  clip: 'seq',
  event: 'seq',
  input: 'id',
  output_timeline: 'id',
  endpoint_output_timeline: 'seq',
} as const

/** Leases end with the processes that had them. */
export const VOID_LEASES = {
  harvest_job: "CASE t.state WHEN 'RUNNING' THEN 0 END",
  event_sink: '0',
} as const

/**
 * Everything that an archive knows, in an order in which rows come after those that they refer to. Not among it: who
 * has claimed or leased something, objects that are still to be deleted or that no commit has recorded.
 */
export const RECORD_TABLES: readonly RecordTable[] = [
  table('channel', 1, { seq: 'integer', id: 'text', guid: 'text', revision: 'integer', body: 'json' }),
  table('deleted_channel', 1, { guid: 'text', deleted_at: 'integer' }),
  table('origin_endpoint', 1, {
    seq: 'integer',
    id: 'text',
    guid: 'text',
    channel_guid: 'text',
    channel_id: 'text',
    startover_seconds: 'integer',
    revision: 'integer',
    body: 'json',
  }),
  table('released_window', 3, { channel_guid: 'text', seconds: 'integer', until: 'integer' }),
  table('harvest_job', 1, {
    seq: 'integer',
    id: 'text',
    channel_id: 'text',
    channel_guid: 'text',
    status: 'text',
    created_at: 'integer',
    window_start: 'integer',
    window_end: 'integer',
    body: 'json',
    state: 'text',
    fence: 'integer',
    lease_until: 'integer',
    not_before: 'integer',
    attempts: 'integer',
    failures: 'integer',
    cancelling: 'flag',
    completing: 'flag',
    cursor: 'json',
    failure: 'json',
    started_at: 'integer',
    ended_at: 'integer',
  }),
  table('clip', 1, {
    seq: 'integer',
    id: 'text',
    channel_id: 'text',
    channel_guid: 'text',
    pinned_start: 'integer',
    pinned_end: 'integer',
    expires_at: 'integer',
    bytes: 'integer',
    revision: 'integer',
    body: 'json',
  }),
  table('harvest_object', 2, { job: 'integer', key: 'text', size: 'integer', sha256: 'text' }),
  table('bucket_key', 2, {
    bucket: 'text',
    key: 'text',
    job_id: 'text',
    endpoint_guid: 'text',
    shared: 'flag',
    manifest_key: 'text',
  }),
  table('harvest_schedule', 1, {
    seq: 'integer',
    id: 'text',
    revision: 'integer',
    next: 'integer',
    due_at: 'integer',
    body: 'json',
  }),
  table('schedule_run', 2, {
    schedule: 'integer',
    start: 'integer',
    recorded_at: 'integer',
    job_id: 'text',
    body: 'json',
  }),
  table('harvest_rule', 1, { seq: 'integer', id: 'text', revision: 'integer', position: 'json', body: 'json' }),
  table('rule_run', 2, {
    rule: 'integer',
    key: 'text',
    recorded_at: 'integer',
    job_id: 'text',
    clip_id: 'text',
    body: 'json',
  }),
  table('key_source', 1, {
    id: 'text',
    endpoint_guid: 'text',
    channel_guid: 'text',
    interval_ms: 'integer',
    released_at: 'integer',
  }),
  table('content_key', 2, {
    source: 'text',
    period: 'integer',
    given_for: 'integer',
    recorded_at: 'integer',
    body: 'text',
    sealed: 'text',
  }),
  table('event', 1, { seq: 'integer', id: 'text', at: 'integer', body: 'json' }),
  table('event_sink', 1, { sink: 'text', after: 'integer', lease_until: 'integer', fence: 'integer' }),
  table('input', 1, {
    id: 'integer',
    channel_guid: 'text',
    ingest_endpoint_id: 'text',
    version: 'integer',
    objects: 'integer',
    bytes: 'integer',
    state: 'text',
  }),
  table('era', 2, { input: 'integer', id: 'integer', is_alias: 'flag', body: 'text' }),
  table('source_object', 1, { key: 'text', input: 'integer', size: 'integer', holders: 'integer' }),
  UNPLACED_OBJECTS,
  SLOTS,
  table('ad_event', 3, { input: 'integer', era: 'integer', number: 'integer', last_slot: 'integer', body: 'text' }),
  table('output_timeline', 1, {
    id: 'integer',
    input: 'integer',
    first_number: 'integer',
    segment_duration_seconds: 'number',
    is_cut: 'flag',
    longest_ms: 'integer',
    version: 'integer',
    state: 'text',
  }),
  table('endpoint_output_timeline', 1, {
    seq: 'integer',
    endpoint_guid: 'text',
    revision: 'integer',
    output_timeline: 'integer',
  }),
  table('highest_number', 1, { channel_guid: 'text', number: 'integer' }),
  table('output_segment', 2, {
    output_timeline: 'integer',
    number: 'integer',
    era: 'integer',
    start: 'integer',
    start_utc: 'integer',
    end_utc: 'integer',
    sealed_at: 'integer',
    input: 'integer',
    slot_era: 'integer',
    first_slot: 'integer',
    slot_count: 'integer',
    body: 'text',
  }),
  table('shown_era', 2, { output_timeline: 'integer', number: 'integer', era: 'integer', clock_utc: 'integer' }),
  table('clock', 1, { steady: 'integer', date: 'integer' }),
  table('scrub', 1, { slot: 'integer', began: 'integer' }),
  LAST_NUMBERS,
]

type Row<Columns extends Readonly<Record<string, ColumnKind>>> = {
  readonly [Name in keyof Columns]: Columns[Name] extends 'integer' | 'number' ? number : string
}

/** A row of SLOTS by the names of its columns. */
export const slotRecord = (record: ArchiveRecord) => named<Row<typeof SLOT_COLUMNS>>(SLOTS, record)

/** A row of UNPLACED_OBJECTS by the names of its columns. */
export const unplacedRecord = (record: ArchiveRecord) =>
  named<Omit<Row<typeof UNPLACED_COLUMNS>, 'body'> & { readonly body: string | null }>(UNPLACED_OBJECTS, record)

function named<T>({ columns }: RecordTable, record: ArchiveRecord): T {
  return Object.fromEntries(columns.map(({ name }, i) => [name, record[i]])) as T
}

/**
 * Port: an archive's rows as they are copied from one database to another, and what a copy into this one has to
 * remember. While a copy has begun and not finished, no server can be started on the database.
 */
export type ArchiveRecords = {
  /** Other processes that use the database, each as it would be told to a person. */
  otherProcesses(): Promise<readonly string[]>
  /** What the archive holds. */
  usage(): Promise<{ readonly objects: number; readonly bytes: number }>
  /** The number of rows of a table. */
  count(table: RecordTable): Promise<number>
  /**
   * At most `limit` rows after the one given, or the first ones; fewer only at the end. They come in an order of the
   * database's own.
   */
  read(table: RecordTable, after: ArchiveRecord | undefined, limit: number): Promise<readonly ArchiveRecord[]>

  /** Whether there is nothing, an archive, or a copy that has begun. */
  contents(): Promise<'nothing' | 'an archive' | 'a copy'>
  beginCopy(): Promise<void>
  /** Deletes all rows, but not what is remembered of objects that were copied. */
  clear(): Promise<void>
  write(table: RecordTable, records: readonly ArchiveRecord[]): Promise<void>
  /** Those of the objects that have been copied. */
  copiedObjects(keys: readonly string[]): Promise<readonly StoredBytes[]>
  /** Notes that objects will be written: from now on, they are found if no row needs them. */
  noteCopying(keys: readonly string[]): Promise<void>
  noteCopied(objects: readonly StoredBytes[]): Promise<void>
  /** The number of source objects that have not been copied with the size they should have. */
  uncopied(): Promise<number>
  /**
   * Makes the copy an archive that can be served. Objects that were copied, but which no row needs, are left to
   * deletion.
   */
  finishCopy(): Promise<void>
  close(): Promise<void>
}
