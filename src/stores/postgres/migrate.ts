import { COPY_UNFINISHED, otherVersion } from '../archive-records.ts'
import { DatabaseRefused } from '../resources.ts'
import { isLockTimeout } from './connection.ts'
import type { PostgresDatabase, Transaction } from './database.ts'
import { MIGRATIONS, USABLE_FROM } from './schema.ts'

/**
 * Migrates the schema to the newest version, in one transaction; of several concurrent processes, one does it. Others
 * may be at work on it meanwhile, also programs of the release before. Throws DatabaseRefused for a version that only
 * newer programs can use, and when another session keeps a table for long.
 */
export async function migrate(db: PostgresDatabase): Promise<void> {
  await db
    .transaction(async (transaction) => {
      // Another process may be migrating it, for as long as a statement may take.
      await transaction.run('SET LOCAL lock_timeout = 0')
      await transaction.lock('schema')
      const isThere = await transaction.get(
        "SELECT 1 FROM pg_tables WHERE schemaname = 'windrow' AND tablename = 'version'",
      )
      if (!isThere) {
        await transaction.run('CREATE SCHEMA IF NOT EXISTS windrow')
        await transaction.run('CREATE TABLE windrow.version (version int NOT NULL)')
        await transaction.run('INSERT INTO windrow.version VALUES (0)')
      }
      const { version } = (await transaction.get<{ version: number }>('SELECT version FROM windrow.version')) ?? {
        version: 0,
      }
      if (version > MIGRATIONS.length) await refuseUnlessUsable(transaction, version)
      if (version >= MIGRATIONS.length) return
      // What waits for a table holds up everybody who comes after it.
      await transaction.run("SET LOCAL lock_timeout = '2s'")
      for (const migration of MIGRATIONS.slice(version)) {
        if (typeof migration === 'string') await transaction.run(migration)
        else await migration(transaction)
      }
      await transaction.run('UPDATE windrow.version SET version = $1, usable_from = $2', MIGRATIONS.length, USABLE_FROM)
    })
    .catch((error: unknown) => {
      if (!isLockTimeout(error)) throw error
      const message =
        'its tables must be changed, and another session keeps one (a backup, perhaps): start again after it'
      throw new DatabaseRefused(message, { cause: error })
    })
}

async function refuseUnlessUsable(transaction: Transaction, version: number): Promise<void> {
  const row = await transaction.get<{ usable_from: number }>('SELECT usable_from FROM windrow.version')
  if (row && row.usable_from <= MIGRATIONS.length) return
  throw new DatabaseRefused(
    `it has version ${version}, which programs can use that know version ${row?.usable_from}, and this one knows versions ` +
      `up to ${MIGRATIONS.length}: a newer release has changed it, and only newer ones can use it`,
  )
}

/** Throws DatabaseRefused unless the schema is there, in the newest version. */
export async function checkVersion(db: PostgresDatabase): Promise<void> {
  const table = await db.get<{ found: boolean }>("SELECT to_regclass('windrow.version') IS NOT NULL AS found")
  if (!table?.found) throw new DatabaseRefused('there is no archive in it')
  const { version } = (await db.get<{ version: number }>('SELECT version FROM windrow.version'))!
  if (version !== MIGRATIONS.length) throw new DatabaseRefused(otherVersion(version, MIGRATIONS.length))
}

/** Throws DatabaseRefused while a copy of an archive into the database is not finished. */
export async function refuseUnfinished(db: PostgresDatabase): Promise<void> {
  if (await db.get('SELECT FROM windrow.archive_copy')) throw new DatabaseRefused(COPY_UNFINISHED)
}
