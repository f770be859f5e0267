import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { DatabaseRefused } from '../resources.ts'
import { MIGRATIONS } from './schema.ts'

/** SQLite's SQLITE_BUSY and SQLITE_LOCKED. */
const BUSY_CODES = new Set([5, 6])

/**
 * The only file that knows `node:sqlite`. Statements are prepared once; a write is durable when its transaction has
 * committed: WAL with synchronous=FULL syncs the log at each commit. The lock is exclusive and dies with the process.
 */
export class Database {
  private readonly sqlite: DatabaseSync
  private readonly statements = new Map<string, StatementSync>()

  constructor(path: string) {
    this.sqlite = new DatabaseSync(path, { timeout: 1000, enableForeignKeyConstraints: true, open: false })
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
      this.migrate()
    } catch (error) {
      if (this.sqlite.isOpen) this.sqlite.close()
      const { errcode, message } = error as Error & { readonly errcode?: number }
      if (errcode === undefined) throw error
      // The low byte: the others say why it is busy.
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

  /** The id of the row the last INSERT made. */
  insert(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.prepared(sql).run(...values).lastInsertRowid)
  }

  exec(sql: string): void {
    this.sqlite.exec(sql)
  }

  close(): void {
    this.sqlite.close()
  }

  private prepared(sql: string): StatementSync {
    const known = this.statements.get(sql)
    if (known) return known
    const statement = this.sqlite.prepare(sql)
    this.statements.set(sql, statement)
    return statement
  }

  private migrate(): void {
    const version = Number(this.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0)
    if (version > MIGRATIONS.length) {
      throw new Error(`the database is of version ${version}; this program knows versions up to ${MIGRATIONS.length}`)
    }
    MIGRATIONS.slice(version).forEach((migration, i) => {
      this.exec(`BEGIN IMMEDIATE; ${migration} PRAGMA user_version = ${version + i + 1}; COMMIT;`)
    })
  }
}
