import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { objectsOf, type Slot } from '../../model/output-segment.ts'
import { refusalOf, SqliteDatabase } from './database.ts'

/** Objects read at once. */
const PAGE = 1000

/** Of an object `o` of a copy: that its base does not name it, or lacked it when it was made. */
const IS_ADDED = `(
  NOT EXISTS (SELECT 1 FROM base.source_object AS b WHERE b.key = o.key)
  OR EXISTS (SELECT 1 FROM base.backup_missing AS m WHERE m.key = o.key))`

/** An object that an index names. */
export type NamedObject = { readonly key: string; readonly size: number }

/** Copies the index of an archive that no server uses, as `SqliteDatabase.snapshot` does. */
export async function copyUnusedIndex(path: string, to: string): Promise<void> {
  const database = new SqliteDatabase(path, { migrates: false })
  try {
    await database.snapshot(to)
  } finally {
    database.close()
  }
}

/**
 * Makes a copy of an index of a backup that of a data folder, in the newest version and marked as a copy that is not
 * finished. With `restartsJobs`, harvest jobs in progress begin anew. Returns the number of those. Throws
 * DatabaseRefused.
 */
export function prepareRestoredIndex(path: string, { restartsJobs }: { readonly restartsJobs: boolean }): number {
  const database = new SqliteDatabase(path)
  try {
    return database.atomically(() => {
      database.exec('DROP TABLE IF EXISTS backup_missing')
      database.run('INSERT OR IGNORE INTO archive_copy (id) VALUES (1)')
      if (!restartsJobs) return 0
      const begun = "state IN ('QUEUED', 'RUNNING') AND cursor IS NOT NULL"
      database.run(`DELETE FROM harvest_object WHERE job IN (SELECT seq FROM harvest_job WHERE ${begun})`)
      return database.run(`UPDATE harvest_job SET cursor = NULL, completing = 0 WHERE ${begun}`)
    })
  } finally {
    database.close()
  }
}

/**
 * A copy of an index in a backup: the objects that it names, and which of them are missing in the backup. It is a
 * single file, which nobody else writes.
 */
export class IndexFile {
  private readonly db: DatabaseSync
  private hasChecksums = false

  private constructor(db: DatabaseSync) {
    this.db = db
  }

  /** Opens a copy for reading. Throws DatabaseRefused. */
  static read(path: string): IndexFile {
    return asRefusal(path, () => new IndexFile(new DatabaseSync(path, { readOnly: true })))
  }

  /**
   * Opens a copy to note in it what is missing; `base` is the path of another one, of which it is known what the backup
   * has. Throws DatabaseRefused.
   */
  static begin(path: string, base: string | undefined): IndexFile {
    return asRefusal(path, () => {
      const db = new DatabaseSync(path)
      db.prepare('ATTACH DATABASE ? AS base').run(base ?? ':memory:')
      // What is read of a base that is not there.
      const missing = 'backup_missing (key TEXT PRIMARY KEY) STRICT, WITHOUT ROWID'
      db.exec(`CREATE TABLE IF NOT EXISTS main.${missing}`)
      if (base === undefined) {
        db.exec(`CREATE TABLE base.${missing}`)
        db.exec(
          'CREATE TABLE base.source_object (key TEXT PRIMARY KEY) WITHOUT ROWID; CREATE TABLE base.slot (id INTEGER)',
        )
      }
      return new IndexFile(db)
    })
  }

  /** The CRC-32 of an object that the base does not have; undefined where the index does not tell. */
  checksumOf(key: string): number | undefined {
    if (!this.hasChecksums) this.collectChecksums()
    return this.all<{ crc32: number }>('SELECT crc32 FROM temp.checksum WHERE key = ?', key)[0]?.crc32
  }

  /** The objects that the index names. */
  get objectCount(): number {
    return this.numberOf('SELECT count(*) AS count FROM main.source_object')
  }

  /** The objects that the base does not name, or that were missing when it was made, page by page. */
  *added(): Generator<readonly NamedObject[]> {
    yield* this.pages<NamedObject>(
      `SELECT key, body ->> 'size' AS size FROM main.source_object AS o
       WHERE key > ? AND ${IS_ADDED} ORDER BY key LIMIT ${PAGE}`,
    )
  }

  /** The number of those. */
  get addedCount(): number {
    return this.numberOf(`SELECT count(*) AS count FROM main.source_object AS o WHERE ${IS_ADDED}`)
  }

  noteMissing(keys: readonly string[]): void {
    const sql = 'INSERT OR IGNORE INTO main.backup_missing (key) SELECT value FROM json_each(?)'
    this.db.prepare(sql).run(JSON.stringify(keys))
  }

  /** The number of missing objects that were not missing when the base was made. */
  get newlyMissing(): number {
    return this.numberOf(
      'SELECT count(*) AS count FROM main.backup_missing WHERE key NOT IN (SELECT key FROM base.backup_missing)',
    )
  }

  /** The number of objects that the index names and the backup lacks. */
  get missingCount(): number {
    return this.numberOf('SELECT count(*) AS count FROM main.backup_missing')
  }

  /** Some of their keys. */
  missing(limit: number): readonly string[] {
    return this.all<{ key: string }>('SELECT key FROM main.backup_missing ORDER BY key LIMIT ?', limit).map(
      ({ key }) => key,
    )
  }

  /** Those of `keys` that the index does not name. */
  unnamed(keys: readonly string[]): readonly string[] {
    return this.all<{ key: string }>(
      'SELECT value AS key FROM json_each(?) WHERE value NOT IN (SELECT key FROM main.source_object)',
      JSON.stringify(keys),
    ).map(({ key }) => key)
  }

  /** True where an object was missing when the backup was made. */
  lacks(key: string): boolean {
    return this.all('SELECT 1 FROM main.backup_missing WHERE key = ?', key).length > 0
  }

  close(): void {
    this.db.close()
  }

  private collectChecksums(): void {
    this.hasChecksums = true
    this.db.exec('CREATE TEMP TABLE checksum (key TEXT PRIMARY KEY, crc32 INTEGER) WITHOUT ROWID; BEGIN')
    const insert = this.db.prepare('INSERT OR IGNORE INTO temp.checksum (key, crc32) VALUES (?, ?)')
    // What was missing when the base was made may be in any slot.
    const slots = this.db.prepare(
      `SELECT body FROM main.slot WHERE EXISTS (SELECT 1 FROM base.backup_missing)
         OR id > (SELECT coalesce(max(id), 0) FROM base.slot)`,
    )
    for (const { body } of slots.iterate()) {
      for (const { key, crc32 } of objectsOf(JSON.parse(String(body)) as Slot)) insert.run(key, crc32)
    }
    this.db.exec(`
      INSERT OR IGNORE INTO temp.checksum SELECT key, body ->> 'crc32' FROM main.source_object
        WHERE body ->> 'crc32' IS NOT NULL;
      COMMIT`)
  }

  private *pages<Row extends { readonly key: string }>(sql: string): Generator<readonly Row[]> {
    for (let after = ''; ; ) {
      const page = this.all<Row>(sql, after)
      if (page.length > 0) yield page
      if (page.length < PAGE) return
      after = page.at(-1)!.key
    }
  }

  private all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.db.prepare(sql).all(...values) as Row[]
  }

  private numberOf(sql: string): number {
    return this.all<{ count: number }>(sql)[0]!.count
  }
}

function asRefusal<T>(path: string, open: () => T): T {
  try {
    return open()
  } catch (error) {
    throw refusalOf(path, error)
  }
}
