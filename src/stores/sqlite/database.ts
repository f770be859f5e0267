import { backup, DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { retry } from '../../concurrency/retry.ts'
import { otherVersion } from '../archive-records.ts'
import { DatabaseInUse, DatabaseRefused } from '../resources.ts'
import { MIGRATIONS } from './schema.ts'

/** SQLite's SQLITE_BUSY and SQLITE_LOCKED. */
const BUSY_CODES = new Set([5, 6])

/** Time for which a process waits for another to let go of the file. */
const BUSY_TIMEOUT_MS = 1000
const ALONE_AND_DURABLE = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA cache_size = -65536;
  PRAGMA wal_autocheckpoint = 4000;
  PRAGMA journal_size_limit = 67108864;
`
/** Pages copied at once, a quarter of a megabyte: for so long, requests wait for a snapshot that is being made. */
const SNAPSHOT_PAGES = 64
/** Pauses before a snapshot is begun anew that met a transaction when it was begun, in milliseconds. */
const SNAPSHOT_PAUSES_MS = [1, 5, 20, 100, 500, 1000, 1000, 1000]

/** A backup whose first step meets a transaction fails with the code of success. */
function hasMetTransaction(error: unknown): boolean {
  return (error as SqliteError).errcode === 0
}

type SqliteError = Error & { readonly errcode?: number }

/** An error of SQLite as the reason why a file cannot be used. */
export function refusalOf(path: string, error: unknown): DatabaseRefused {
  if (isBusy(error)) return new DatabaseInUse(`${path} is in use by another process`)
  return new DatabaseRefused(`cannot use ${path}: ${(error as Error).message}`)
}

/** The low byte of the code of an error, of which the other bytes give the reason; 0 where it is not SQLite's. */
export function primaryCode(error: unknown): number {
  return ((error as SqliteError).errcode ?? 0) & 0xff
}

function isBusy(error: unknown): boolean {
  return BUSY_CODES.has(primaryCode(error))
}

/**
 * A database by `node:sqlite`. The file is this process's alone, by a lock that ends with it. Statements
 * are prepared once; a write is durable when its transaction has committed, since WAL with synchronous=FULL syncs the
 * log at each commit.
 */
export class SqliteDatabase {
  private readonly sqlite: DatabaseSync
  private readonly statements = new Map<string, StatementSync>()

  /**
   * Without `migrates`, the database must be there, in the newest version. With `isRead`, which excludes that, it is a
   * file that nobody writes.
   */
  constructor(path: string, { isRead = false, migrates = !isRead }: { migrates?: boolean; isRead?: boolean } = {}) {
    const options = { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true, open: false, readOnly: isRead }
    this.sqlite = new DatabaseSync(path, options)
    try {
      this.sqlite.open()
      if (!isRead) this.sqlite.exec(ALONE_AND_DURABLE)
      if (migrates) this.migrate()
      else this.checkVersion()
    } catch (error) {
      this.close()
      throw (error as SqliteError).errcode === undefined ? error : refusalOf(path, error)
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

  /**
   * Copies the database to a file that is not there, as it is when that resolves; statements can be run meanwhile. The
   * copy is on disk then, and one file without a log. Rejects when it is not wanted any more.
   */
  async snapshot(path: string, isWanted: () => boolean = () => true): Promise<void> {
    const progress = () => {
      if (!isWanted()) throw new Error('the database is being closed')
    }
    await retry(() => backup(this.sqlite, path, { rate: SNAPSHOT_PAGES, progress }), {
      pauses: SNAPSHOT_PAUSES_MS,
      isTransient: (error) => isBusy(error) || hasMetTransaction(error),
      sleep: (pause) => sleep(pause),
    })
    const copy = new DatabaseSync(path)
    try {
      copy.exec('PRAGMA journal_mode = DELETE')
    } finally {
      copy.close()
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
    const migrations = MIGRATIONS.slice(version)
    // Of an empty database, all are one commit: each is a sync of the disk, for which the start would wait.
    if (version === 0) this.apply(migrations, 0)
    else for (const [i, migration] of migrations.entries()) this.apply([migration], version + i)
  }

  /** In one transaction. */
  private apply(migrations: typeof MIGRATIONS, version: number): void {
    this.atomically(() => {
      for (const migration of migrations) {
        if (typeof migration === 'string') this.exec(migration)
        else migration(this)
      }
      this.exec(`PRAGMA user_version = ${version + migrations.length}`)
    })
  }
}
