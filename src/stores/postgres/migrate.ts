import { DatabaseRefused } from '../resources.ts'
import type { PostgresDatabase } from './database.ts'
import { MIGRATIONS } from './schema.ts'

/** Migrates the schema to the newest version, in one transaction; of several concurrent processes, one does it. */
export async function migrate(db: PostgresDatabase): Promise<void> {
  await db.transaction(async (transaction) => {
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
    if (version > MIGRATIONS.length) {
      throw new DatabaseRefused(
        `the database has version ${version}, but this program supports versions up to ${MIGRATIONS.length}`,
      )
    }
    if (version === MIGRATIONS.length) return
    for (const migration of MIGRATIONS.slice(version)) {
      if (typeof migration === 'string') await transaction.run(migration)
      else await migration(transaction)
    }
    await transaction.run('UPDATE windrow.version SET version = $1', MIGRATIONS.length)
  })
}
