import { copyFile, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { batchesOf, MOST_TOLD } from '../archive-copy/media.ts'
import { mediaOfRecords } from '../archive-copy/media-of-records.ts'
import type { CopyProgress } from '../archive-copy/progress.ts'
import { forEachConcurrent } from '../concurrency/for-each-concurrent.ts'
import { LostMedia } from '../model/lost-media.ts'
import { bucketsIn, databaseIn, makeDataFolder, makePrivateFile, objectsIn } from '../stores/data-folder.ts'
import { syncFile, syncFolder } from '../stores/directory-syncs.ts'
import { openFileObjects } from '../stores/file-objects.ts'
import { DatabaseInUse } from '../stores/resources.ts'
import { openSqliteRecords } from '../stores/sqlite/archive-records.ts'
import { IndexFile, prepareRestoredIndex } from '../stores/sqlite/index-file.ts'
import { BackupFailed } from './backup-failed.ts'
import type { BackupFolder, Snapshot } from './backup-folder.ts'
import { placeBucketFiles } from './bucket-files.ts'
import { entriesOf } from './entries.ts'
import { PLACED_AT_ONCE, Placer } from './placing.ts'
import { copyPrivately } from './private-copy.ts'

export type RestoreOptions = {
  readonly dataFolder: string
  /** Names of the small files that belong to an archive. */
  readonly files: readonly string[]
  readonly progress: (progress: CopyProgress) => void
}

export type RestoreReport = {
  readonly snapshot: string
  readonly objects: number
  readonly linked: number
  readonly bytes: number
  /** Objects that the archive had lost when the snapshot was made. */
  readonly lost: number
  /** Objects that the backup should have, and has not whole; the first of them, each with why. */
  readonly missing: number
  readonly told: readonly string[]
  readonly bucketFiles: number
  /** Harvest jobs that begin anew, as what they had written is not in the backup. */
  readonly restartedJobs: number
}

/**
 * Makes an archive of a snapshot in a data folder that is empty, or where an earlier call was interrupted. Until all is
 * there, no server can be started on it. Throws BackupFailed and DatabaseRefused.
 */
export async function restoreSnapshot(
  snapshot: Snapshot,
  backup: Pick<BackupFolder, 'objects' | 'checkObject'>,
  { dataFolder, files, progress }: RestoreOptions,
): Promise<RestoreReport> {
  await refuseUnlessEmpty(dataFolder)
  await makeDataFolder(dataFolder)
  const restartsJobs = snapshot.about.buckets === 'left out'
  const restartedJobs = await placeIndex(snapshot.index, dataFolder, restartsJobs)
  const [index, records] = [
    IndexFile.read(snapshot.index),
    openSqliteRecords(databaseIn(dataFolder), { migrates: true }),
  ]
  try {
    const placer = new Placer(backup.objects, await openFileObjects(objectsIn(dataFolder)))
    const report = { objects: 0, linked: 0, bytes: 0, lost: 0, missing: 0 }
    const told: string[] = []
    const { objects: total } = await records.usage()
    const tell = () => progress({ phase: 'media', done: Math.min(report.objects, total), total, bytes: report.bytes })
    tell()
    for await (const batch of batchesOf(mediaOfRecords(records))) {
      await forEachConcurrent(batch.values(), PLACED_AT_ONCE, new AbortController().signal, async (object) => {
        try {
          await backup.checkObject(object.key)
          const how = await placer.place(object)
          if (how === 'there') return
          report.objects++
          report.bytes += object.size ?? 0
          if (how === 'linked') report.linked++
        } catch (error) {
          if (!(error instanceof LostMedia)) throw error
          if (index.lacks(object.key)) report.lost++
          else if (report.missing++ < MOST_TOLD) told.push(error.message)
        }
        tell()
      })
    }
    await placer.sync()
    for (const name of files) await copyPrivately(join(snapshot.folder, name), join(dataFolder, name))
    const hasBuckets = snapshot.about.buckets === 'included'
    const bucketFiles = hasBuckets
      ? await placeBucketFiles(bucketsIn(snapshot.folder), bucketsIn(dataFolder), undefined)
      : 0
    await syncFolder(dataFolder)
    await records.finishCopy()
    return { snapshot: snapshot.name, ...report, told, bucketFiles, restartedJobs }
  } finally {
    index.close()
    await records.close()
  }
}

async function refuseUnlessEmpty(dataFolder: string): Promise<void> {
  const entries = await entriesOf(dataFolder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  if (entries.length === 0) return
  const database = databaseIn(dataFolder)
  const refusal = new BackupFailed(
    `${dataFolder} is not empty: it has ${entries[0]}; an archive is restored into an empty folder`,
  )
  if (entries.every((entry) => entry.startsWith(partOf(basename(database))))) return
  if (!entries.includes(basename(database))) throw refusal
  try {
    const records = openSqliteRecords(database, { migrates: false })
    const contents = await records.contents()
    await records.close()
    if (contents !== 'a copy') throw refusal
  } catch (error) {
    if (!(error instanceof DatabaseInUse)) throw error
    throw new BackupFailed(`${error.message}; an archive is restored into an empty folder`, { cause: error })
  }
}

/** Ends of the names of files that SQLite has beside a database. */
const BESIDE_DATABASE = ['-wal', '-shm', '-journal']
const partOf = (path: string) => `${path}.part`

/** Places an index that no server can be started on; resolves to the number of jobs in it that begin anew. */
async function placeIndex(from: string, dataFolder: string, restartsJobs: boolean): Promise<number> {
  const to = databaseIn(dataFolder)
  const part = partOf(to)
  for (const end of ['', ...BESIDE_DATABASE]) await rm(`${part}${end}`, { force: true })
  await makePrivateFile(part)
  await copyFile(from, part)
  const restarted = prepareRestoredIndex(part, { restartsJobs })
  await syncFile(part)
  for (const end of BESIDE_DATABASE) await rm(`${to}${end}`, { force: true })
  await rename(part, to)
  await syncFolder(dataFolder)
  return restarted
}
