import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../log.ts'
import type { StoredBytes } from '../../model/source-segment.ts'
import {
  type ArchiveRecord,
  type ArchiveRecords,
  type ColumnKind,
  LAST_NUMBERS,
  NUMBERED,
  RECORD_TABLES,
  type RecordTable,
  type RecordValue,
  SLOTS,
  slotRecord,
  UNPLACED_OBJECTS,
  VOID_LEASES,
} from '../archive-records.ts'
import { DatabaseRefused } from '../resources.ts'
import { reasonOf } from './connection.ts'
import { PostgresDatabase, type Transaction } from './database.ts'
import { checkVersion, migrate } from './migrate.ts'
import { placeOf } from './place.ts'
import type { Value } from './statements.ts'

/** Where rows are that are not in a table of their name, alias t, or columns that are not in one of theirs. */
const PLACES: Readonly<
  Record<string, { readonly from?: string; readonly columns?: Readonly<Record<string, string>> }>
> = {
  released_window: { from: '(SELECT DISTINCT channel_guid, seconds, until FROM windrow.released_window)' },
  harvest_job: { columns: { lease_until: VOID_LEASES.harvest_job } },
  event_sink: { columns: { lease_until: VOID_LEASES.event_sink } },
  unplaced_object: {
    columns: { size: '(SELECT o.size FROM windrow.source_object AS o WHERE o.key = t.key)' },
  },
  slot: {
    columns: {
      summary: `(SELECT s.body FROM windrow.slot_summary AS s
        WHERE s.input = t.input AND s.era = t.era AND s.idx = t.idx)`,
    },
  },
  // The moment that processes keep their clocks together by is newer than the one they record.
  clock: {
    from: `(SELECT greatest(c.steady, m.steady) AS steady, coalesce(c.date, m.date)
        + greatest(greatest(c.steady, m.steady) - coalesce(c.steady, m.steady), 0) AS date
      FROM windrow.clock AS c FULL JOIN windrow.steady_moment AS m ON true)`,
  },
  last_number: {
    from: `(${Object.entries(NUMBERED)
      .map(([table, column]) => {
        const sequence = `pg_get_serial_sequence('windrow.${table}', '${column}')`
        return `SELECT '${table}' AS numbered, coalesce((SELECT last_value FROM pg_sequences
          WHERE format('%I.%I', schemaname, sequencename) = ${sequence}), 0) AS last`
      })
      .join(' UNION ALL ')})`,
  },
}

/** What belongs to an archive and is in no record, or in another table than its record. */
const EMPTIED = ['slot_summary', 'pending_deletion', 'staged_object', 'steady_moment']
const NO_TABLES = new Set(['last_number'])

const ARRAYS: Readonly<Record<ColumnKind, string>> = {
  integer: 'bigint[]',
  number: 'float8[]',
  flag: 'int[]',
  text: 'text[]',
  json: 'text[]',
}

/** For a count of a whole index, longer than a server waits for a statement. */
const STATEMENT_MS = 3_600_000
const CONNECTIONS = 4
/** Time after which a process that has been killed is no longer connected. */
const LEAVING_MS = 5000

export type PostgresRecordsOptions = {
  readonly url: string
  /** Whether the schema is created or brought up to date. Otherwise, it must be there in the present version. */
  readonly migrates: boolean
  readonly log: Log
}

/** The records of the archive in a PostgreSQL database. Throws DatabaseRefused. */
export async function openPostgresRecords({ url, migrates, log }: PostgresRecordsOptions): Promise<ArchiveRecords> {
  const applicationName = `windrow archive copy ${randomUUID()}`
  const db = new PostgresDatabase({
    url,
    poolSize: CONNECTIONS,
    log,
    applicationName,
    statementMs: STATEMENT_MS,
    announce: () => ['SELECT 1'],
    committed: () => {},
  })
  try {
    if (migrates) await migrate(db)
    await checkVersion(db)
  } catch (error) {
    await db.close()
    throw new DatabaseRefused(`cannot use the database ${placeOf(url)}: ${reasonOf(error)}`, { cause: error })
  }
  return {
    async otherProcesses() {
      for (let waited = 0; ; waited += 500) {
        const others = await processesBeside(db, applicationName)
        if (others.length === 0 || waited >= LEAVING_MS) return others
        await sleep(500)
      }
    },

    usage: async () =>
      (await db.get<{ objects: number; bytes: number }>(
        `SELECT coalesce(sum(objects), 0)::bigint AS objects, coalesce(sum(bytes), 0)::bigint AS bytes
         FROM windrow.input`,
      ))!,

    async count({ name }) {
      return (await db.get<{ rows: number }>(`SELECT count(*) AS rows FROM ${placeOfRows(name)} AS t`))!.rows
    },

    async read(table, after, limit) {
      const { columns, keys } = table
      const rows = await db.all<Record<string, RecordValue>>(
        selection(table, after !== undefined),
        ...(after?.slice(0, keys) ?? []),
        limit,
      )
      return rows.map((row) => columns.map(({ name }) => row[name] ?? null))
    },

    async contents() {
      const found = await db.get<{ copies: boolean; used: boolean }>(
        `SELECT EXISTS (SELECT FROM windrow.archive_copy) AS copies, EXISTS (SELECT FROM windrow.channel)
           OR EXISTS (SELECT FROM windrow.deleted_channel) OR EXISTS (SELECT FROM windrow.input)
           OR EXISTS (SELECT FROM windrow.harvest_job) OR EXISTS (SELECT FROM windrow.bucket_key) AS used`,
      )
      if (found?.copies) return 'a copy'
      return found?.used ? 'an archive' : 'nothing'
    },

    async beginCopy() {
      await db.run('INSERT INTO windrow.archive_copy DEFAULT VALUES ON CONFLICT DO NOTHING')
    },

    async clear() {
      const tables = [...EMPTIED, ...RECORD_TABLES.map(({ name }) => name).filter((name) => !NO_TABLES.has(name))]
      const names = tables.map((name) => `windrow.${name}`).join(', ')
      await db.run(`TRUNCATE ${names} RESTART IDENTITY`)
    },

    async write(table, records) {
      if (records.length === 0) return
      await db.transaction(async (transaction) => {
        if (table === LAST_NUMBERS) await setLastNumbers(transaction, records)
        else if (table === SLOTS) await insertSlots(transaction, records)
        else await insert(transaction, table, records, table === UNPLACED_OBJECTS ? ['size'] : [])
      })
    },

    copiedObjects: (keys) =>
      db.all<StoredBytes>(
        'SELECT key, size, crc32 FROM windrow.copied_object WHERE key = ANY ($1) AND size IS NOT NULL',
        keys,
      ),

    async noteCopying(keys) {
      await db.run(
        `INSERT INTO windrow.copied_object (key) SELECT unnest($1::text[])
         ON CONFLICT (key) DO UPDATE SET size = NULL, crc32 = NULL`,
        keys,
      )
    },

    async noteCopied(objects) {
      await db.run(
        `UPDATE windrow.copied_object AS copied SET size = fresh.size, crc32 = fresh.crc32
         FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS fresh (key, size, crc32) WHERE copied.key = fresh.key`,
        objects.map(({ key }) => key),
        objects.map(({ size }) => size),
        objects.map(({ crc32 }) => crc32),
      )
    },

    async uncopied() {
      const sql = `SELECT count(*) AS objects FROM windrow.source_object AS o
        LEFT JOIN windrow.copied_object AS c USING (key) WHERE c.size IS DISTINCT FROM o.size`
      return (await db.get<{ objects: number }>(sql))!.objects
    },

    async finishCopy() {
      for (const { name } of RECORD_TABLES) if (!NO_TABLES.has(name)) await db.run(`ANALYZE windrow.${name}`)
      await db.run('ANALYZE windrow.slot_summary')
      await db.transaction(async (transaction) => {
        await transaction.together([
          [
            `INSERT INTO windrow.pending_deletion (key) SELECT key FROM windrow.copied_object AS c
             WHERE NOT EXISTS (SELECT FROM windrow.source_object AS o WHERE o.key = c.key) ON CONFLICT DO NOTHING`,
          ],
          ["SELECT setval(pg_get_serial_sequence('windrow.slot', 'id'), max(id)) FROM windrow.slot"],
          ['DELETE FROM windrow.archive_copy'],
        ])
        await transaction.run('TRUNCATE windrow.copied_object')
      })
    },

    close: () => db.close(),
  }
}

/** Servers and other copies on the database. */
async function processesBeside(db: PostgresDatabase, applicationName: string): Promise<readonly string[]> {
  const others = await db.all<{ program: string; address: string | null }>(
    `SELECT DISTINCT CASE application_name WHEN 'windrow' THEN 'windrow serve' ELSE 'windrow archive copy' END AS program,
       host(client_addr) AS address
     FROM pg_stat_activity WHERE datname = current_database() AND application_name <> $1
       AND (application_name = 'windrow' OR application_name LIKE 'windrow archive copy %')`,
    applicationName,
  )
  return others.map(({ program, address }) => `${program} at ${address ?? 'this machine'}`)
}

const placeOfRows = (name: string) => PLACES[name]?.from ?? `windrow.${name}`

function selection({ name, columns, keys }: RecordTable, isAfter: boolean): string {
  const elsewhere = PLACES[name]?.columns ?? {}
  const casts: Partial<Record<ColumnKind, string>> = { flag: '::int', json: '::text' }
  const selected = columns.map(
    (column) => `${elsewhere[column.name] ?? `t.${column.name}`}${casts[column.kind] ?? ''} AS ${column.name}`,
  )
  const key = columns.slice(0, keys).map((column) => `t.${column.name}`)
  const next = isAfter ? `WHERE (${key.join(', ')}) > (${key.map((_, i) => `$${i + 1}`).join(', ')})` : ''
  const limit = `$${isAfter ? keys + 1 : 1}`
  return `SELECT ${selected.join(', ')} FROM ${placeOfRows(name)} AS t ${next} ORDER BY ${key.join(', ')} LIMIT ${limit}`
}

async function insert(
  transaction: Transaction,
  { name, columns }: RecordTable,
  records: readonly ArchiveRecord[],
  without: readonly string[],
): Promise<void> {
  const written = columns.map((column, i) => ({ ...column, i })).filter(({ name }) => !without.includes(name))
  const names = written.map((column) => column.name).join(', ')
  const casts: Partial<Record<ColumnKind, string>> = { flag: ' <> 0', json: '::json' }
  const selected = written.map((column) => `${column.name}${casts[column.kind] ?? ''}`)
  const arrays = written.map(({ kind }, n) => `$${n + 1}::${ARRAYS[kind]}`)
  await transaction.run(
    `INSERT INTO windrow.${name} (${names}) OVERRIDING SYSTEM VALUE
     SELECT ${selected.join(', ')} FROM unnest(${arrays.join(', ')}) AS record (${names})`,
    ...written.map(({ i }): Value => records.map((record) => record[i] ?? null)),
  )
}

async function insertSlots(transaction: Transaction, records: readonly ArchiveRecord[]): Promise<void> {
  await insert(transaction, SLOTS, records, ['summary'])
  const summaries = records.map(slotRecord)
  await transaction.run(
    `INSERT INTO windrow.slot_summary (input, era, idx, body)
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::text[])`,
    summaries.map(({ input }) => input),
    summaries.map(({ era }) => era),
    summaries.map(({ idx }) => idx),
    summaries.map(({ summary }) => summary),
  )
}

async function setLastNumbers(transaction: Transaction, records: readonly ArchiveRecord[]): Promise<void> {
  for (const [table, last] of records) {
    const column = NUMBERED[table as keyof typeof NUMBERED]
    await transaction.run(
      `SELECT setval(pg_get_serial_sequence('windrow.${table}', '${column}'), greatest($1::bigint, 1), $1 > 0)`,
      last!,
    )
  }
}
