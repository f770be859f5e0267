import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { otherVersion } from '../archive-records.ts'
import { DatabaseInUse, DatabaseRefused } from '../resources.ts'
import { MIGRATIONS } from './schema.ts'

/** SQLite's SQLITE_BUSY and SQLITE_LOCKED. */
const BUSY_CODES = new Set([5, 6])

/** Time for which a process waits for another to let go of the file. */
const BUSY_TIMEOUT_MS = 1000

/**
 * The only class that uses `node:sqlite`. The file is this process's alone, by a lock that ends with it. Statements
 * are prepared once; a write is durable when its transaction has committed, since WAL with synchronous=FULL syncs the
 * log at each commit.
 */
export class SqliteDatabase {
  private readonly sqlite: DatabaseSync
  private readonly statements = new Map<string, StatementSync>()

  /** Without `migrates`, the database must be there, in the newest version. */
  constructor(path: string, { migrates = true }: { migrates?: boolean } = {}) {
    const options = { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true, open: false }
    this.sqlite = new DatabaseSync(path, options)
    try {
      this.sqlite.open()
      this.sqlite.exec(`
        PRAGMA locking_mode = EXCLUSIVE;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA cache_size = -65536;
        PRAGMA wal_autocheckpoint = 4000;
        PRAGMA journal_size_limit = 67108864;
      `)
      if (migrates) this.migrate()
      else this.checkVersion()
    } catch (error) {
      this.close()
      const { errcode, message } = error as Error & { readonly errcode?: number }
      if (errcode === undefined) throw error
      // The low byte of the code; the other bytes give the reason for being busy.
      const isBusy = BUSY_CODES.has(errcode & 0xff)
      if (isBusy) throw new DatabaseInUse(`${path} is in use by another process`)
      throw new DatabaseRefused(`cannot use ${path}: ${message}`)
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

  /** Runs `work` in a transaction of its own, of which nothing is left when it throws. */
  atomically<T>(work: () => T): T {
    try {
      this.exec('BEGIN IMMEDIATE')
      const result = work()
      this.exec('COMMIT')
      return result
    } catch (error) {
      // A disk that is full or failing may have ended it already.
      if (this.sqlite.isTransaction) this.exec('ROLLBACK')
      throw error
    }
  }

  close(): void {
    if (this.sqlite.isOpen) this.sqlite.close()
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

  private checkVersion(): void {
    const { version } = this
    if (version === 0) throw new DatabaseRefused('there is no archive in it')
    if (version !== MIGRATIONS.length) throw new DatabaseRefused(otherVersion(version, MIGRATIONS.length))
  }

  private migrate(): void {
    const { version } = this
    if (version > MIGRATIONS.length) {
      const known = `this program supports versions up to ${MIGRATIONS.length}: a newer one has used the data folder`
      throw new DatabaseRefused(`the database has version ${version}, but ${known}`)
    }
    MIGRATIONS.slice(version).forEach((migration, i) => {
      this.atomically(() => {
        if (typeof migration === 'string') this.exec(migration)
        else migration(this)
        this.exec(`PRAGMA user_version = ${version + i + 1}`)
      })
    })
  }
}
