import type { CacheObserver } from './cache/cache-observer.ts'
import type { MachineClocks, RecordedClock } from './clock.ts'
import type { Config } from './config/config.ts'
import type { Log } from './log.ts'
import { utcMs } from './media/time.ts'
import { periodically } from './periodic.ts'
import type { Closer } from './stopping.ts'
import { openArchiveBucket } from './stores/bucket-settings.ts'
import { databaseIn, makeDataFolder, makePrivateFile, objectsIn } from './stores/data-folder.ts'
import { openFileObjects } from './stores/file-objects.ts'
import { type IndexSnapshots, openIndexSnapshots } from './stores/index-snapshots.ts'
import { cacheObjects } from './stores/object-cache.ts'
import type { Objects } from './stores/objects.ts'
import { type Resources, StoreUnavailable } from './stores/resources.ts'
import type { IndexSharing, SegmentIndex } from './stores/segment-index.ts'
import { openSqliteStore } from './stores/sqlite/sqlite-store.ts'

/** Connections to S3 for reads of the archive, and as many for writes. */
const ARCHIVE_CONNECTIONS = 128
/** Memory for media being received on their way to S3. */
const RECEIVING_BYTES = 64 << 20

/** The stores of a process, and everything else that depends on whether it has them alone. */
export type Stores = {
  readonly resources: Resources
  readonly segmentIndex: SegmentIndex
  /** The media of the archive, as they are stored. */
  readonly stored: Objects
  /** The same through the cache on disk, where there is one. */
  readonly cached: Objects
  /** The same through the cache in memory as well. */
  readonly objects: Objects
  /** Those of the machine, or those that all nodes have. */
  readonly clocks: MachineClocks
  /** The moment, just read, from which the server's clocks go on; undefined for a new archive. */
  readonly recorded: RecordedClock | undefined
  /** What nodes need that write one archive together; absent for a process alone. */
  readonly sharing?: IndexSharing
  /** A secret that all nodes have, and nobody else; absent for a process alone. */
  readonly nonceKey?: Uint8Array
  /** Absent for a node. */
  readonly indexSnapshots?: IndexSnapshots
  /** By name, the services that are needed; each rejects while its service does not answer. */
  readonly services: Readonly<Record<string, () => Promise<unknown>>>
}

type StoreOptions = {
  readonly machine: MachineClocks
  readonly log: Log
  readonly closers: Closer[]
  /** Of the cache in memory. */
  readonly cacheObserver?: CacheObserver
}

/** Opens the stores of a process that has all in its data folder, or of a node, which has nothing there. */
export async function openStores(config: Config, options: StoreOptions): Promise<Stores> {
  const { databaseUrl, archiveBucket, dataFolder } = config
  await makeDataFolder(dataFolder)
  if (databaseUrl === undefined || archiveBucket === undefined) return openEmbedded(config, options)
  return openShared({ ...config, databaseUrl, archiveBucket }, options)
}

async function openEmbedded(
  config: Config,
  { machine, closers, cacheObserver: observer }: StoreOptions,
): Promise<Stores> {
  const { dataFolder, memoryCacheBytes: maxBytes } = config
  const path = databaseIn(dataFolder)
  await makePrivateFile(path)
  const { resources, segmentIndex, lost, snapshot, close } = await openSqliteStore(path)
  closers.push(close)
  // Deliberately unhandled: the process ends, and its supervisor starts another.
  void lost.then((error) => Promise.reject(error))
  const stored = await openFileObjects(objectsIn(dataFolder))
  return {
    resources,
    segmentIndex,
    stored,
    cached: stored,
    objects: cacheObjects(stored, { maxBytes, observer }),
    clocks: machine,
    recorded: await segmentIndex.recordedClock(),
    indexSnapshots: await openIndexSnapshots(dataFolder, snapshot),
    services: { 'the database': () => resources.harvestJobById('readyz') },
  }
}

type SharedConfig = Config & { readonly databaseUrl: string; readonly archiveBucket: string }

async function openShared(config: SharedConfig, options: StoreOptions): Promise<Stores> {
  const { databaseUrl: url, databaseConnections: poolSize, memoryCacheBytes: maxBytes } = config
  const { log, closers, machine, cacheObserver: observer } = options
  const { openPostgresStore } = await import('./stores/postgres/postgres-store.ts')
  const database = await openPostgresStore({ url, poolSize, log })
  closers.push(() => database.close())
  const { resources, segmentIndex, contentFeed: feed, workClaims: claims, stagedObjects: staged, changing } = database
  const { SteadyClock, SYNCHRONISE_MS } = await import('./stores/postgres/steady-clock.ts')
  const recorded = await segmentIndex.recordedClock()
  const clocks = await SteadyClock.open({ record: database.steadyRecord, machine, recorded })
  const failed = (error: unknown) => {
    // Requests tell of a database that does not answer.
    if (error instanceof StoreUnavailable) return
    log.error({ event: 'background-work-failed', error }, 'reading the date of the database failed')
  }
  closers.push(periodically(SYNCHRONISE_MS, () => clocks.synchronise(), failed))
  const { stored, cached, check } = await openCachedBucket(config, clocks, options)
  return {
    resources,
    segmentIndex,
    stored,
    cached,
    objects: cacheObjects(cached, { maxBytes, isFar: cached === stored, observer }),
    clocks,
    nonceKey: await database.nonceKey(),
    sharing: { feed, claims, staged, changing, unfinished: stored },
    services: { 'the database': () => resources.harvestJobById('readyz'), 'the archive bucket': check },
    recorded: clocks.recordedClock(),
  }
}

async function openCachedBucket(config: SharedConfig, clocks: MachineClocks, { log, closers }: StoreOptions) {
  const { dataFolder, archiveBucket, cacheFolder: folder, cacheFolderBytes: maxBytes } = config
  const stored = await openArchiveBucket(config, archiveBucket, {
    maxConnections: ARCHIVE_CONNECTIONS,
    maxHeldBytes: RECEIVING_BYTES,
    temporaryFolder: dataFolder,
  })
  closers.push(() => stored.close())
  const check = () => stored.check()
  if (folder === undefined) return { stored, cached: stored, check }
  const { openCacheFolder } = await import('./stores/cache-folder/cache-folder.ts')
  const clock = () => utcMs(Math.floor(clocks.monotonic()))
  const cached = await openCacheFolder(stored, { folder, maxBytes, clock, log })
  closers.push(() => cached.close())
  return { stored, cached, check }
}
