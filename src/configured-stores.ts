import { join } from 'node:path'
import type { Config } from './config/config.ts'
import type { Log } from './log.ts'
import { archiveIdIn } from './stores/archive-id.ts'
import { makeDataFolder, makePrivateFile } from './stores/data-folder.ts'
import { DatabaseRefused, type Resources } from './stores/resources.ts'
import type { SegmentIndex } from './stores/segment-index.ts'
import { openSqliteStore } from './stores/sqlite/sqlite-store.ts'

export type Closer = () => Promise<void> | void

/** Opens the stores: all in SQLite, or with a database the segment index in SQLite and the rest in the database. */
export async function openStores(
  { dataFolder, databaseUrl, databaseConnections }: Config,
  { log, closers, writesArchive, isReader }: { log: Log; closers: Closer[]; writesArchive: boolean; isReader: boolean },
): Promise<{ resources: Resources; segmentIndex: SegmentIndex }> {
  await makeDataFolder(dataFolder)
  const sharing = databaseUrl === undefined ? 'exclusive' : isReader ? 'reader' : 'writer'
  const path = join(dataFolder, 'windrow.db')
  await makePrivateFile(path)
  const local = await openSqliteStore(path, sharing)
  closers.push(() => local.close())
  // Deliberately unhandled: the process ends, and its supervisor starts another.
  void local.lost.then((error) => Promise.reject(error))
  if (databaseUrl === undefined) return local

  const { openPostgresStore } = await import('./stores/postgres/postgres-store.ts')
  const shared = await openPostgresStore({ url: databaseUrl, poolSize: databaseConnections, log })
  closers.push(() => shared.close())
  if (writesArchive || isReader) {
    const id = await archiveIdIn(dataFolder)
    const claimed = await shared.claimArchive(id)
    if (claimed !== id) {
      throw new DatabaseRefused(
        `the content of this database's channels is in another data folder, the one with the archive-id ${claimed}; ` +
          'a process without that folder may only have the role control',
      )
    }
  }
  return { resources: shared.resources, segmentIndex: local.segmentIndex }
}
