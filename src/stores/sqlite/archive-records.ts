import type { Slot } from '../../model/output-segment.ts'
import { slotSummaryOf } from '../../model/slot-summary.ts'
import type { StoredBytes } from '../../model/source-segment.ts'
import {
  type ArchiveRecord,
  type ArchiveRecords,
  LAST_NUMBERS,
  NUMBERED,
  RECORD_TABLES,
  type RecordTable,
  type RecordValue,
  SLOTS,
  slotRecord,
  UNPLACED_OBJECTS,
  unplacedRecord,
  VOID_LEASES,
} from '../archive-records.ts'
import { SqliteDatabase } from './database.ts'

/** Where rows are that are not in a table of their name, alias t, or columns that are not in one of theirs. */
const PLACES: Readonly<
  Record<
    string,
    { readonly from?: string; readonly where?: string; readonly columns?: Readonly<Record<string, string>> }
  >
> = {
  released_window: { from: '(SELECT DISTINCT channel_guid, seconds, until FROM released_window)' },
  harvest_job: { columns: { lease_until: VOID_LEASES.harvest_job } },
  event_sink: { columns: { lease_until: VOID_LEASES.event_sink } },
  input: { columns: { objects: usageOf('objects'), bytes: usageOf('bytes') } },
  source_object: {
    columns: { size: "t.body ->> 'size'", holders: 'CASE t.placed WHEN 1 THEN t.holders ELSE 1 END' },
  },
  unplaced_object: {
    from: 'source_object',
    where: 't.placed <> 1',
    columns: { size: "t.body ->> 'size'", body: 'CASE t.placed WHEN 0 THEN t.body END' },
  },
  slot: { columns: { summary: '(SELECT s.body FROM slot_summary AS s WHERE s.slot = t.id)' } },
  output_segment: { columns: { start: "t.body ->> 'start'" } },
  last_number: {
    from: `(SELECT name AS numbered, coalesce((SELECT seq FROM sqlite_sequence AS s WHERE s.name = n.name), 0) AS last
      FROM (${Object.keys(NUMBERED)
        .map((name) => `SELECT '${name}' AS name`)
        .join(' UNION ALL ')}) AS n)`,
  },
}

/**
 * Tables that are emptied for a copy. Usage follows from source objects; what is to be deleted, or has been recorded
 * of how far something has come, is not of this archive.
 */
const EMPTIED = ['slot_summary', 'pending_deletion']
const ELSEWHERE = new Set(['unplaced_object', 'last_number'])

function usageOf(column: string): string {
  return `coalesce((SELECT u.${column} FROM input_usage AS u WHERE u.input = t.id), 0)`
}

/**
 * The records of the archive in an SQLite file, which nobody else has open meanwhile. What is copied `from` one must be
 * there, in the present version; one that is copied `to` is created; of one that `isRead`, nothing is written.
 */
export function openSqliteRecords(path: string, options: { migrates: boolean; isRead?: boolean }): ArchiveRecords {
  const db = new SqliteDatabase(path, options)

  return {
    otherProcesses: async () => [],

    async usage() {
      const sql = 'SELECT coalesce(sum(objects), 0) AS objects, coalesce(sum(bytes), 0) AS bytes FROM input_usage'
      return { ...db.get<{ objects: number; bytes: number }>(sql)! }
    },

    count: async ({ name }) => {
      const { from = name, where = 'true' } = PLACES[name] ?? {}
      return db.get<{ rows: number }>(`SELECT count(*) AS rows FROM ${from} AS t WHERE ${where}`)!.rows
    },

    async read(table, after, limit) {
      const { columns, keys } = table
      const rows = db.all<Record<string, RecordValue>>(
        selection(table, after !== undefined),
        ...(after?.slice(0, keys) ?? []),
        limit,
      )
      const records = rows.map((row) => columns.map(({ name }) => row[name] ?? null))
      return table === SLOTS ? records.map(withSummary) : records
    },

    async contents() {
      if (db.get('SELECT 1 FROM archive_copy')) return 'a copy'
      const used = ['channel', 'deleted_channel', 'input', 'harvest_job', 'bucket_key'].find((name) =>
        db.get(`SELECT 1 FROM ${name} LIMIT 1`),
      )
      return used === undefined ? 'nothing' : 'an archive'
    },

    async beginCopy() {
      db.run('INSERT OR IGNORE INTO archive_copy (id) VALUES (1)')
    },

    clear: async () =>
      db.atomically(() => {
        for (const name of EMPTIED) db.exec(`DELETE FROM ${name}`)
        for (const { name } of RECORD_TABLES.toReversed()) if (!ELSEWHERE.has(name)) db.exec(`DELETE FROM ${name}`)
        db.exec('DELETE FROM input_usage; DELETE FROM sqlite_sequence')
      }),

    write: async (table, records) =>
      db.atomically(() => {
        const insert = INSERTS[table.name] ?? ordinary(table)
        for (const record of records) insert(db, record)
      }),

    copiedObjects: async (keys) =>
      db
        .all<StoredBytes>(
          `SELECT key, size, crc32 FROM copied_object
           WHERE key IN (SELECT value FROM json_each(?)) AND size IS NOT NULL`,
          JSON.stringify(keys),
        )
        .map((object) => ({ ...object })),

    async noteCopying(keys) {
      const sql = 'INSERT OR REPLACE INTO copied_object (key) SELECT value FROM json_each(?)'
      db.run(sql, JSON.stringify(keys))
    },

    noteCopied: async (objects) =>
      db.atomically(() => {
        const sql = 'INSERT OR REPLACE INTO copied_object (key, size, crc32) VALUES (?, ?, ?)'
        for (const { key, size, crc32 } of objects) db.run(sql, key, size, crc32)
      }),

    async uncopied() {
      const sql = `SELECT count(*) AS objects FROM source_object AS o LEFT JOIN copied_object AS c USING (key)
        WHERE c.size IS NOT o.body ->> 'size'`
      return db.get<{ objects: number }>(sql)!.objects
    },

    finishCopy: async () =>
      db.atomically(() =>
        db.exec(`
          INSERT OR IGNORE INTO pending_deletion (key) SELECT key FROM copied_object AS c
            WHERE NOT EXISTS (SELECT 1 FROM source_object AS o WHERE o.key = c.key);
          DELETE FROM copied_object;
          DELETE FROM archive_copy;
        `),
      ),

    close: async () => db.close(),
  }
}

function selection({ name, columns, keys }: RecordTable, isAfter: boolean): string {
  const { from = name, where = 'true', columns: elsewhere = {} } = PLACES[name] ?? {}
  const selected = columns.map((column) => `${elsewhere[column.name] ?? `t.${column.name}`} AS ${column.name}`)
  const key = columns.slice(0, keys).map((column) => `t.${column.name}`)
  const next = isAfter ? ` AND (${key.join(', ')}) > (${key.map(() => '?').join(', ')})` : ''
  return `SELECT ${selected.join(', ')} FROM ${from} AS t WHERE ${where}${next} ORDER BY ${key.join(', ')} LIMIT ?`
}

/** Slots that an earlier version stored have no summary. */
function withSummary(record: ArchiveRecord): ArchiveRecord {
  const { summary, body } = slotRecord(record)
  if (summary !== null) return record
  return [...record.slice(0, -1), JSON.stringify(slotSummaryOf(JSON.parse(body) as Slot))]
}

type Insert = (db: SqliteDatabase, record: ArchiveRecord) => void

function ordinary({ name, columns }: RecordTable): Insert {
  const names = columns.map((column) => column.name).join(', ')
  const sql = `INSERT INTO ${name} (${names}) VALUES (${columns.map(() => '?').join(', ')})`
  return (db, record) => db.run(sql, ...record)
}

/** How rows are inserted that are not in a table of their own and with their columns. */
const INSERTS: Readonly<Record<string, Insert>> = {
  input(db, [id, channelGuid, ingestEndpointId, version, , , state]) {
    db.run(
      'INSERT INTO input (id, channel_guid, ingest_endpoint_id, version, state) VALUES (?, ?, ?, ?, ?)',
      id!,
      channelGuid!,
      ingestEndpointId!,
      version!,
      state!,
    )
  },
  source_object(db, [key, input, size, holders]) {
    db.run(
      `INSERT INTO source_object (key, input, received_at, placed, holders, body)
       VALUES (?, ?, 0, 1, ?, ?)`,
      key!,
      input!,
      holders!,
      JSON.stringify({ size }),
    )
  },
  [UNPLACED_OBJECTS.name](db, record) {
    const { key, received_at, body } = unplacedRecord(record)
    db.run(
      `UPDATE source_object SET placed = ?, holders = 0, received_at = ?, body = coalesce(?, body) WHERE key = ?`,
      body === null ? 2 : 0,
      received_at,
      body,
      key,
    )
  },
  slot(db, record) {
    const { id, summary } = slotRecord(record)
    db.run(
      `INSERT INTO slot (id, input, era, idx, start_utc, end_utc, sealed_at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ...record.slice(0, -1),
    )
    db.run('INSERT INTO slot_summary (slot, body) VALUES (?, ?)', id, summary)
  },
  output_segment(db, record) {
    const [outputTimeline, number, era, , ...rest] = record
    db.run(
      `INSERT INTO output_segment (output_timeline, number, era, start_utc, end_utc, sealed_at, input, slot_era,
         first_slot, slot_count, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      outputTimeline!,
      number!,
      era!,
      ...rest,
    )
  },
  clock: (db, record) => void db.run('INSERT INTO clock (id, steady, date) VALUES (1, ?, ?)', ...record),
  scrub: (db, record) => void db.run('INSERT INTO scrub (id, slot, began) VALUES (1, ?, ?)', ...record),
  [LAST_NUMBERS.name](db, [numbered, last]) {
    db.run('DELETE FROM sqlite_sequence WHERE name = ?', numbered!)
    if (last !== 0) db.run('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)', numbered!, last!)
  },
}
