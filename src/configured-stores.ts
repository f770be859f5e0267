import { join } from 'node:path'
import type { Clock, MachineClocks, RecordedClock } from './clock.ts'
import type { Config } from './config/config.ts'
import type { Log } from './log.ts'
import { periodically } from './periodic.ts'
import type { Closer } from './stopping.ts'
import { archiveIdIn } from './stores/archive-id.ts'
import { s3ConnectionOptions } from './stores/bucket-settings.ts'
import { makeDataFolder, makePrivateFile } from './stores/data-folder.ts'
import { openFileObjects } from './stores/file-objects.ts'
import { cacheObjects } from './stores/object-cache.ts'
import type { Objects } from './stores/objects.ts'
import type { PostgresStore } from './stores/postgres/postgres-store.ts'
import { DatabaseRefused, type Resources, StoreUnavailable } from './stores/resources.ts'
import type { IndexSharing, SegmentIndex } from './stores/segment-index.ts'
import { openSqliteStore, type SqliteStore } from './stores/sqlite/sqlite-store.ts'

/** Interval at which the date of the database is read: in that time, the clocks of machines drift by milliseconds. */
const DATE_MS = 30_000
/** Interval at which processes that write one index agree on their steady clocks. */
const STEADY_MS = 5000
/** Connections to S3 for reads of the archive, and as many for writes. */
const ARCHIVE_CONNECTIONS = 128
/** Memory for media being received on their way to S3. */
const RECEIVING_BYTES = 64 << 20

type OpenStores = {
  readonly resources: Resources
  readonly segmentIndex: SegmentIndex
  /** Those of the machine; with a database, their date is that of the database. */
  readonly clocks: MachineClocks
  /** A secret that all processes on one database have, and nobody else. */
  readonly nonceKey?: Uint8Array
  /** The moment from which the server's clocks go on. To be asked for right before they are made. */
  recordedClock(): Promise<RecordedClock | undefined>
  /** What processes need that write one archive together; absent where one writes it alone. */
  readonly sharing?: IndexSharing
}

type StoreOptions = {
  readonly machine: MachineClocks
  readonly log: Log
  readonly closers: Closer[]
  readonly writesArchive: boolean
  readonly isReader: boolean
}

/**
 * Opens the stores: all in SQLite; or with a database the segment index in SQLite and the rest in the database; or with
 * an archive bucket all in the database.
 */
export async function openStores(config: Config, options: StoreOptions): Promise<OpenStores> {
  const { databaseUrl, archiveBucket, dataFolder } = config
  await makeDataFolder(dataFolder)
  if (databaseUrl === undefined) {
    const { resources, segmentIndex } = await openLocal(config, options)
    return { resources, segmentIndex, clocks: options.machine, recordedClock: () => segmentIndex.recordedClock() }
  }
  if (archiveBucket !== undefined) return openShared(await openDatabase(config, databaseUrl, options), options)
  const { segmentIndex } = await openLocal(config, options)
  const shared = await openDatabase(config, databaseUrl, options)
  if (options.writesArchive || options.isReader) {
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
  const clocks = await ServerClock.open(() => shared.date(), options.machine)
  synchronised(clocks, DATE_MS, options)
  return { resources: shared.resources, segmentIndex, clocks, recordedClock: () => segmentIndex.recordedClock() }
}

async function openShared(store: PostgresStore, options: StoreOptions): Promise<OpenStores> {
  const { resources, segmentIndex, contentFeed: feed, workClaims: claims, stagedObjects: staged } = store
  const { SteadyClock } = await import('./stores/postgres/steady-clock.ts')
  const recorded = await segmentIndex.recordedClock()
  const clocks = await SteadyClock.open({ record: store.steadyRecord, machine: options.machine, recorded })
  synchronised(clocks, STEADY_MS, options)
  const recordedClock = async () => clocks.recordedClock()
  const nonceKey = await store.nonceKey()
  return { resources, segmentIndex, clocks, recordedClock, nonceKey, sharing: { feed, claims, staged } }
}

function synchronised(
  clock: { synchronise(): Promise<void> },
  intervalMs: number,
  { log, closers }: StoreOptions,
): void {
  const failed = (error: unknown) => {
    // Requests tell of a database that does not answer.
    if (error instanceof StoreUnavailable) return
    log.error({ event: 'background-work-failed', error }, 'reading the date of the database failed')
  }
  closers.push(periodically(intervalMs, () => clock.synchronise(), failed))
}

async function openLocal(
  { dataFolder, databaseUrl }: Config,
  { closers, isReader }: StoreOptions,
): Promise<SqliteStore> {
  const sharing = databaseUrl === undefined ? 'exclusive' : isReader ? 'reader' : 'writer'
  const path = join(dataFolder, 'windrow.db')
  await makePrivateFile(path)
  const local = await openSqliteStore(path, sharing)
  closers.push(() => local.close())
  // Deliberately unhandled: the process ends, and its supervisor starts another.
  void local.lost.then((error) => Promise.reject(error))
  return local
}

async function openDatabase(
  { databaseConnections }: Config,
  url: string,
  { log, closers }: StoreOptions,
): Promise<PostgresStore> {
  const { openPostgresStore } = await import('./stores/postgres/postgres-store.ts')
  const store = await openPostgresStore({ url, poolSize: databaseConnections, log })
  closers.push(() => store.close())
  return store
}

/** The media of the archive. */
type ArchiveObjects = {
  /** As they are stored. */
  readonly stored: Objects
  /** The same through the cache on disk, where there is one. */
  readonly cached: Objects
  /** The same through the cache in memory as well. */
  readonly objects: Objects
  /** Rejects while they cannot be had. */
  check(): Promise<void>
}

/** Opens the media of the archive: in the data folder, or in the archive bucket, behind caches. */
export async function openArchiveObjects(
  config: Config,
  { clock, log, closers, isReader }: { clock: Clock; log: Log; closers: Closer[]; isReader: boolean },
): Promise<ArchiveObjects> {
  const { dataFolder, archiveBucket, cacheFolder, cacheFolderBytes, memoryCacheBytes: maxBytes } = config
  if (archiveBucket === undefined) {
    const stored = await openFileObjects(join(dataFolder, 'objects'), { asReader: isReader })
    return { stored, cached: stored, objects: cacheObjects(stored, { maxBytes }), check: async () => {} }
  }
  const { openS3Objects } = await import('./stores/s3/objects.ts')
  const [bucket = '', ...prefix] = archiveBucket.split('/')
  const stored = await openS3Objects({
    ...s3ConnectionOptions(config, ARCHIVE_CONNECTIONS),
    bucket,
    prefix: prefix.join('/'),
    requestTimeoutMs: config.s3TimeoutMs,
    maxHeldBytes: RECEIVING_BYTES,
    temporaryFolder: dataFolder,
  })
  closers.push(() => stored.close())
  const check = () => stored.check()
  if (cacheFolder === undefined) return { stored, cached: stored, objects: cacheObjects(stored, { maxBytes }), check }
  const { openCacheFolder } = await import('./stores/cache-folder/cache-folder.ts')
  const cache = await openCacheFolder(stored, { folder: cacheFolder, maxBytes: cacheFolderBytes, clock, log })
  closers.push(() => cache.close())
  return { stored, cached: cache, objects: cacheObjects(cache, { maxBytes }), check }
}
