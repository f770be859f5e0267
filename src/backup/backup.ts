import { basename, join } from 'node:path'
import { MOST_LOST, MOST_TOLD } from '../archive-copy/media.ts'
import type { CopyProgress } from '../archive-copy/progress.ts'
import { forEachConcurrent } from '../concurrency/for-each-concurrent.ts'
import { LostMedia } from '../model/lost-media.ts'
import { bucketsIn } from '../stores/data-folder.ts'
import type { Objects } from '../stores/objects.ts'
import { IndexFile } from '../stores/sqlite/index-file.ts'
import { BackupFailed } from './backup-failed.ts'
import type { AboutSnapshot, BackupFolder, Snapshot } from './backup-folder.ts'
import { placeBucketFiles } from './bucket-files.ts'
import { PLACED_AT_ONCE, Placer } from './placing.ts'
import { copyPrivately } from './private-copy.ts'

/** Copies of the index that are taken until one is found of which everything is there. */
const MOST_PASSES = 20
/** Objects of the backup that are looked up at once. */
const BATCH = 1000

/** What is backed up. */
export type BackupSource = {
  /** Where it is, in words. */
  readonly place: string
  readonly objects: Objects
  /**
   * Copies the index to a file that is not there, as it is at some moment after the call: it names only objects that
   * are there then, unless the archive has lost them.
   */
  readonly takeIndex: (path: string) => Promise<void>
  /** Paths of small files that belong to it, each of which may be absent. */
  readonly files: readonly string[]
  /** The folder of its buckets, where they are in a folder, and whether they are wanted. */
  readonly buckets: { readonly folder: string; readonly isWanted: boolean } | undefined
}

export type BackupOptions = {
  /** Snapshots that are kept, with the new one. */
  readonly keep: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly progress: (progress: CopyProgress) => void
}

export type BackupReport = AboutSnapshot & {
  readonly snapshot: string
  /** The objects that this backup has added, how many of them by links, and the bytes of all of them. */
  readonly added: number
  readonly linked: number
  readonly bytes: number
  /** Keys of some of those that are lost. */
  readonly lostKeys: readonly string[]
  readonly bucketFiles: number
  /** What was deleted, as no snapshot that is kept needs it. */
  readonly removed: { readonly snapshots: number; readonly objects: number }
}

/**
 * Adds a snapshot to a backup, while the source is in use: its index at one moment, and every object that this names.
 * What is deleted in the source before it could be placed is no longer named by a later copy of the index: one is taken
 * until all it names is in the backup, but for what was missing already before it was taken, which the source has lost.
 * Throws BackupFailed.
 */
export async function addSnapshot(
  source: BackupSource,
  backup: BackupFolder,
  options: BackupOptions,
): Promise<BackupReport> {
  const [newest] = await backup.snapshots()
  const name = nameOf(options.now(), newest)
  const folder = await backup.beginSnapshot(name)
  const placed = { added: 0, linked: 0, bytes: 0 }
  const { index, takenAt, objects, lost, lostKeys } = await placeAll(source, backup, {
    ...options,
    newest,
    folder,
    placed,
  })
  for (const file of source.files) await copyPrivately(file, join(folder, basename(file)))
  const { buckets } = source
  const bucketFiles = buckets?.isWanted
    ? await placeBucketFiles(buckets.folder, bucketsIn(folder), newest && bucketsIn(newest.folder))
    : 0
  const about: AboutSnapshot = {
    takenAt,
    objects,
    lost,
    buckets: buckets === undefined ? 'none' : buckets.isWanted ? 'included' : 'left out',
  }
  await backup.publish(name, index, about)
  const removed = await removeUnneeded(backup, options.keep)
  return { ...about, snapshot: name, ...placed, lostKeys, bucketFiles, removed }
}

type Tally = { added: number; linked: number; bytes: number }

type PlacingOptions = BackupOptions & {
  readonly newest: Snapshot | undefined
  readonly folder: string
  readonly placed: Tally
}

async function placeAll(source: BackupSource, backup: BackupFolder, options: PlacingOptions) {
  const { newest, folder, placed, now } = options
  const placer = new Placer(source.objects, backup.objects)
  let base = newest?.index
  for (let pass = 1; pass <= MOST_PASSES; pass++) {
    const takenAt = now()
    const path = join(folder, `index-${pass}.db`)
    await source.takeIndex(path)
    const index = IndexFile.begin(path, base)
    try {
      await placeAdded(index, placer, { ...options, placed })
      if (index.newlyMissing === 0) {
        await placer.sync()
        const lost = index.missingCount
        if (lost > MOST_LOST) throw new BackupFailed(`more than ${MOST_LOST} objects of ${source.place} are lost`)
        return { index: path, takenAt, objects: index.objectCount, lost, lostKeys: index.missing(MOST_TOLD) }
      }
    } finally {
      index.close()
    }
    base = path
  }
  throw new BackupFailed(
    `${source.place} deletes objects faster than they are copied: after ${MOST_PASSES} copies of its index, some that ` +
      'the last one names are gone',
  )
}

/** Places what an index names and the backup may lack, and notes what is missing. */
async function placeAdded(index: IndexFile, placer: Placer, { placed, progress }: PlacingOptions): Promise<void> {
  const total = index.addedCount
  let done = 0
  const tell = () => progress({ phase: 'media', done, total, bytes: placed.bytes })
  tell()
  for (const page of index.added()) {
    const missing: string[] = []
    await forEachConcurrent(page, PLACED_AT_ONCE, new AbortController().signal, async (object) => {
      try {
        const how = await placer.place(object, (key) => index.checksumOf(key))
        if (how !== 'there') {
          placed.added++
          placed.bytes += object.size
        }
        if (how === 'linked') placed.linked++
      } catch (error) {
        if (!(error instanceof LostMedia)) throw error
        missing.push(object.key)
      }
      done++
      tell()
    })
    index.noteMissing(missing)
  }
}

/** The moment as the name of a folder, later than that of the snapshot before: names are in the order of snapshots. */
function nameOf(now: number, before: Snapshot | undefined): string {
  const name = new Date(now).toISOString().replaceAll(':', '-')
  if (before === undefined || name > before.name) return name
  throw new BackupFailed(`the backup has a snapshot of ${before.name} already: is the date right?`)
}

/** Deletes all snapshots but the newest ones, and then the objects that none of those names. */
async function removeUnneeded(backup: BackupFolder, keep: number): Promise<BackupReport['removed']> {
  const snapshots = await backup.snapshots()
  const old = snapshots.slice(keep)
  for (const snapshot of old) await backup.remove(snapshot)
  const indexes = snapshots.slice(0, keep).map(({ index }) => IndexFile.read(index))
  let objects = 0
  const removeUnnamed = async (keys: readonly string[]) => {
    const unnamed = indexes.reduce((left, index) => (left.length > 0 ? index.unnamed(left) : left), keys)
    for (const key of unnamed) await backup.objects.remove(key)
    objects += unnamed.length
  }
  try {
    let batch: string[] = []
    for await (const key of backup.objects.list('')) {
      batch.push(key)
      if (batch.length < BATCH) continue
      await removeUnnamed(batch)
      batch = []
    }
    await removeUnnamed(batch)
  } finally {
    for (const index of indexes) index.close()
  }
  return { snapshots: old.length, objects }
}
