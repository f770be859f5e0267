import { join } from 'node:path'
import type { MachineClocks } from './clock.ts'
import type { Config } from './config/config.ts'
import type { Log } from './log.ts'
import { periodically } from './periodic.ts'
import { archiveIdIn } from './stores/archive-id.ts'
import { makeDataFolder, makePrivateFile } from './stores/data-folder.ts'
import { DatabaseRefused, type Resources, StoreUnavailable } from './stores/resources.ts'
import type { SegmentIndex } from './stores/segment-index.ts'
import { openSqliteStore } from './stores/sqlite/sqlite-store.ts'

/** Interval at which the date of the database is read: in that time, the clocks of machines drift by milliseconds. */
const DATE_MS = 30_000

export type Closer = () => Promise<void> | void

type OpenStores = {
  readonly resources: Resources
  readonly segmentIndex: SegmentIndex
  /** Those of the machine; with a database, their date is that of the database. */
  readonly clocks: MachineClocks
}

type StoreOptions = {
  readonly machine: MachineClocks
  readonly log: Log
  readonly closers: Closer[]
  readonly writesArchive: boolean
  readonly isReader: boolean
}

/** Opens the stores: all in SQLite, or with a database the segment index in SQLite and the rest in the database. */
export async function openStores(
  { dataFolder, databaseUrl, databaseConnections }: Config,
  { machine, log, closers, writesArchive, isReader }: StoreOptions,
): Promise<OpenStores> {
  await makeDataFolder(dataFolder)
  const sharing = databaseUrl === undefined ? 'exclusive' : isReader ? 'reader' : 'writer'
  const path = join(dataFolder, 'windrow.db')
  await makePrivateFile(path)
  const local = await openSqliteStore(path, sharing)
  closers.push(() => local.close())
  // Deliberately unhandled: the process ends, and its supervisor starts another.
  void local.lost.then((error) => Promise.reject(error))
  if (databaseUrl === undefined) return { ...local, clocks: machine }

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
  const { ServerClock } = await import('./stores/postgres/server-clock.ts')
  const clocks = await ServerClock.open(() => shared.date(), machine)
  const failed = (error: unknown) => {
    // Requests tell of a database that does not answer.
    if (error instanceof StoreUnavailable) return
    log.error({ event: 'background-work-failed', error }, 'reading the date of the database failed')
  }
  closers.push(periodically(DATE_MS, () => clocks.synchronise(), failed))
  return { resources: shared.resources, segmentIndex: local.segmentIndex, clocks }
}
