import { access } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { type ArchiveStores, type CopyReport, copyArchive, copyMediaAhead } from './archive-copy/copy.ts'
import { CopyFailed } from './archive-copy/copy-failed.ts'
import { COPIED_AT_ONCE } from './archive-copy/media.ts'
import type { CopyProgress } from './archive-copy/progress.ts'
import type { CopySettings } from './config/copy-settings.ts'
import type { Settings } from './config/settings.ts'
import type { Log } from './log.ts'
import type { Closer } from './stopping.ts'
import type { ArchiveRecords } from './stores/archive-records.ts'
import { openArchiveBucket } from './stores/bucket-settings.ts'
import { databaseIn, makeDataFolder, makePrivateFile, objectsIn } from './stores/data-folder.ts'
import { openFileObjects } from './stores/file-objects.ts'
import { placeOf } from './stores/postgres/place.ts'
import { DatabaseInUse, StoreUnavailable } from './stores/resources.ts'
import { openSqliteRecords } from './stores/sqlite/archive-records.ts'

/** Memory for an object on its way to S3: the part that is sent, and the one that is collected. */
const HELD_BYTES = 2 * (8 << 20)

/** Where an archive is: a data folder, or a database and a bucket. */
type Place =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'shared'; readonly databaseUrl: string; readonly archiveBucket: string }

/** Copies the archive of the settings to the place that they name. Throws CopyFailed and DatabaseRefused. */
export async function copyConfigured(
  settings: Settings & CopySettings,
  progress: (progress: CopyProgress) => void,
): Promise<CopyReport> {
  const from = placeFrom(settings.dataFolder, settings.databaseUrl, settings.archiveBucket)
  const to = placeFrom(settings.toDataFolder, settings.toDatabaseUrl, settings.toArchiveBucket)
  if (inWords(from) === inWords(to)) throw new CopyFailed(`${inWords(from)} cannot be copied to itself`)
  const closers: Closer[] = []
  try {
    if (settings.only === 'media' && from.kind === 'folder') {
      await mustHaveArchive(from.folder)
      const source = {
        place: inWords(from),
        objects: await openFileObjects(objectsIn(from.folder), { isRead: true }),
      }
      return await copyMediaAhead(source, await openDestination(to, settings, closers), { progress })
    }
    const source = await openSource(from, settings, closers)
    const destination = await openDestination(to, settings, closers)
    return await (settings.only === 'media' ? copyMediaAhead : copyArchive)(source, destination, { progress })
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    throw new CopyFailed(`${error.message}; run this again to go on`, { cause: error })
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

function placeFrom(folder = '', databaseUrl?: string, archiveBucket?: string): Place {
  return databaseUrl !== undefined && archiveBucket !== undefined
    ? { kind: 'shared', databaseUrl, archiveBucket }
    : { kind: 'folder', folder: resolve(folder) }
}

/** A place without its password. */
function inWords(place: Place): string {
  if (place.kind === 'folder') return place.folder
  return `database ${placeOf(place.databaseUrl)} with bucket ${place.archiveBucket}`
}

async function openSource(place: Place, settings: Settings, closers: Closer[]): Promise<ArchiveStores> {
  if (place.kind === 'shared') return openShared(place, settings, closers, { migrates: false })
  await mustHaveArchive(place.folder)
  const objects = await openFileObjects(objectsIn(place.folder), { isRead: true })
  return { place: inWords(place), objects, records: openFolderRecords(place.folder, closers, { migrates: false }) }
}

async function openDestination(place: Place, settings: Settings, closers: Closer[]): Promise<ArchiveStores> {
  if (place.kind === 'shared') return openShared(place, settings, closers, { migrates: true })
  await makeDataFolder(place.folder)
  await makePrivateFile(databaseIn(place.folder))
  const records = openFolderRecords(place.folder, closers, { migrates: true })
  return { place: inWords(place), objects: await openFileObjects(objectsIn(place.folder)), records }
}

async function mustHaveArchive(folder: string): Promise<void> {
  await access(databaseIn(folder)).catch(() => {
    throw new CopyFailed(`there is no archive in ${folder}; name its data folder with --data`)
  })
}

function openFolderRecords(folder: string, closers: Closer[], options: { migrates: boolean }): ArchiveRecords {
  try {
    const records = openSqliteRecords(databaseIn(folder), options)
    closers.push(() => records.close())
    return records
  } catch (error) {
    if (!(error instanceof DatabaseInUse)) throw error
    throw new CopyFailed(`${error.message}; stop the server first, or use --only media while it runs`, { cause: error })
  }
}

async function openShared(
  place: Place & { readonly kind: 'shared' },
  settings: Settings,
  closers: Closer[],
  { migrates }: { migrates: boolean },
): Promise<ArchiveStores> {
  const { openPostgresRecords } = await import('./stores/postgres/archive-records.ts')
  const records = await openPostgresRecords({ url: place.databaseUrl, migrates, log: UNHEARD })
  closers.push(() => records.close())
  const objects = await openArchiveBucket(settings, place.archiveBucket, {
    maxConnections: 2 * COPIED_AT_ONCE,
    maxHeldBytes: COPIED_AT_ONCE * HELD_BYTES,
    temporaryFolder: tmpdir(),
  })
  closers.push(() => objects.close())
  return { place: inWords(place), records, objects }
}

/** What fails is told by the command itself. */
const UNHEARD: Log = { info() {}, warn() {}, error() {} }
