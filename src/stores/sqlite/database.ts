import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { DatabaseRefused } from '../resources.ts'
import { MIGRATIONS } from './schema.ts'

/** SQLite's SQLITE_BUSY and SQLITE_LOCKED. */
const BUSY_CODES = new Set([5, 6])

/**
 * How a process shares the file: `exclusive`, without others; as the only `writer`, with any number of readers; or as
 * a `reader` beside the writer, which changes as little as possible. Locks end with their process.
 */
export type Sharing = 'exclusive' | 'writer' | 'reader'

/** Time that one process waits for a transaction of another. */
const BUSY_TIMEOUT_MS = { exclusive: 1000, writer: 10_000, reader: 10_000 } as const

/**
 * The only class that uses `node:sqlite`. Statements are prepared once; a write is durable when its transaction has
 * committed, since WAL with synchronous=FULL syncs the log at each commit.
 */
export class SqliteDatabase {
  private readonly sqlite: DatabaseSync
  private readonly statements = new Map<string, StatementSync>()
  private readonly lock: DatabaseSync | undefined

  constructor(path: string, sharing: Sharing) {
    const timeout = BUSY_TIMEOUT_MS[sharing]
    this.sqlite = new DatabaseSync(path, { timeout, enableForeignKeyConstraints: true, open: false })
    if (sharing === 'writer') this.lock = new DatabaseSync(`${path}-writer`, { open: false })
    try {
      if (this.lock) lockForGood(this.lock)
      this.sqlite.open()
      this.sqlite.exec(`
        PRAGMA locking_mode = ${sharing === 'exclusive' ? 'EXCLUSIVE' : 'NORMAL'};
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA cache_size = -65536;
        PRAGMA wal_autocheckpoint = 4000;
        PRAGMA journal_size_limit = 67108864;
      `)
      if (sharing === 'reader') this.checkVersion()
      else this.migrate()
    } catch (error) {
      this.close()
      const { errcode, message } = error as Error & { readonly errcode?: number }
      if (errcode === undefined) throw error
      // The low byte of the code; the other bytes give the reason for being busy.
      const isBusy = BUSY_CODES.has(errcode & 0xff)
      throw new DatabaseRefused(isBusy ? `${path} is in use by another process` : `cannot use ${path}: ${message}`)
    }
  }

  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.prepared(sql).run(...values).changes)
  }

  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.prepared(sql).get(...values) as Row | undefined
  }

  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.prepared(sql).all(...values) as Row[]
  }

  /** Runs an INSERT; returns the id of its row. */
  insert(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.prepared(sql).run(...values).lastInsertRowid)
  }

  exec(sql: string): void {
    this.sqlite.exec(sql)
  }

  close(): void {
    for (const database of [this.sqlite, this.lock]) if (database?.isOpen) database.close()
  }

  private prepared(sql: string): StatementSync {
    const known = this.statements.get(sql)
    if (known) return known
    const statement = this.sqlite.prepare(sql)
    this.statements.set(sql, statement)
    return statement
  }

  private get version(): number {
    return Number(this.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0)
  }

  /** Checks the version of the index, which the process that writes the archive creates and migrates. */
  private checkVersion(): void {
    const { version } = this
    if (version === MIGRATIONS.length) return
    const wanted = `this program needs version ${MIGRATIONS.length}: start the process that writes the archive first`
    throw new DatabaseRefused(`the index of the archive has version ${version}, but ${wanted}`)
  }

  private migrate(): void {
    const { version } = this
    if (version > MIGRATIONS.length) {
      const known = `this program supports versions up to ${MIGRATIONS.length}: a newer one has used the data folder`
      throw new DatabaseRefused(`the database has version ${version}, but ${known}`)
    }
    MIGRATIONS.slice(version).forEach((migration, i) => {
      this.exec('BEGIN IMMEDIATE')
      if (typeof migration === 'string') this.exec(migration)
      else migration(this)
      this.exec(`PRAGMA user_version = ${version + i + 1}; COMMIT;`)
    })
  }
}

/** Locks an empty file for the lifetime of the process: the holder of the lock is the writer. */
function lockForGood(database: DatabaseSync): void {
  database.open()
  database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;')
}
