import { chmod, lstat, mkdir, readdir, readFile, realpath, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { LostMedia } from '../model/lost-media.ts'
import { makeDataFolder } from '../stores/data-folder.ts'
import { syncFile, syncFolder } from '../stores/directory-syncs.ts'
import { openFileObjects } from '../stores/file-objects.ts'
import { isObjectKey } from '../stores/object-key.ts'
import type { Objects } from '../stores/objects.ts'
import { orLost } from '../stores/proven-objects.ts'
import { DatabaseInUse } from '../stores/resources.ts'
import { lockPath } from '../stores/sqlite/folder-lock.ts'
import { BackupFailed } from './backup-failed.ts'
import { entriesOf } from './entries.ts'
import { writePrivately } from './private-copy.ts'

const SNAPSHOTS = 'snapshots'
const UNFINISHED = 'unfinished'
const OBJECTS = 'objects'
const LOCK = 'backup.lock'
const OWN = new Set([SNAPSHOTS, UNFINISHED, OBJECTS, LOCK, `${LOCK}-journal`])
const ABOUT = 'snapshot.json'
const INDEX = 'windrow.db'
/** The name of a snapshot is the time at which it was begun; whatever else lies beside them is none. */
const SNAPSHOT_NAME = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.\d{3}Z$/
const BUCKETS = new Set<unknown>(['none', 'included', 'left out'])
const MOST_QUOTED = 100

/** What is said of a snapshot beside its files. */
export type AboutSnapshot = {
  /** Everything that was durable at this moment is in it, in milliseconds since 1970. */
  readonly takenAt: number
  /** The objects that its index names, and how many of them the archive had lost before. */
  readonly objects: number
  readonly lost: number
  /** What became of the assets that lie in the data folder; there may be none. */
  readonly buckets: 'none' | 'included' | 'left out'
}

/** A complete snapshot: its files, and what is said of it. */
export type Snapshot = {
  readonly name: string
  readonly folder: string
  readonly index: string
  readonly about: AboutSnapshot
}

/**
 * The folder of a backup: `objects/` has the media of all snapshots, each object once, and `snapshots/` a folder for
 * each snapshot, with its index and everything else. A snapshot gets its name there when it is complete; what is in
 * `unfinished/` is not, and is deleted when the next one begins. One process at a time uses the folder.
 */
export class BackupFolder {
  readonly path: string
  readonly objects: Objects
  private readonly lock: { close(): void }
  /** Folders of objects that are reached by no link. */
  private readonly ownFolders = new Set<string>()

  private constructor(path: string, objects: Objects, lock: { close(): void }) {
    this.path = path
    this.objects = objects
    this.lock = lock
  }

  /** Opens a folder to make a backup in it; created where it is missing. Throws BackupFailed and DatabaseRefused. */
  static async begin(path: string): Promise<BackupFolder> {
    await makeDataFolder(path)
    const strange = (await entriesOf(path)).find((entry) => !OWN.has(entry))
    if (strange !== undefined) throw new BackupFailed(`${path} is no backup: it has ${strange}; name an empty folder`)
    const lock = locked(path)
    try {
      for (const name of [SNAPSHOTS, UNFINISHED, OBJECTS])
        await mkdir(join(path, name), { recursive: true, mode: 0o700 })
      const backup = new BackupFolder(path, await openFileObjects(join(path, OBJECTS)), lock)
      await syncFolder(path)
      return backup
    } catch (error) {
      lock.close()
      throw error
    }
  }

  /** Opens the folder of a backup that was made before, to read it. Throws BackupFailed and DatabaseRefused. */
  static async read(path: string): Promise<BackupFolder> {
    const entries = await readdir(path).catch((error: NodeJS.ErrnoException) => {
      throw new BackupFailed(`cannot read ${path}: ${error.message}`, { cause: error })
    })
    if (!entries.includes(SNAPSHOTS)) throw new BackupFailed(`there is no backup in ${path}`)
    return new BackupFolder(path, await openFileObjects(join(path, OBJECTS), { isRead: true }), locked(path))
  }

  /** The complete snapshots, the newest first. */
  async snapshots(): Promise<readonly Snapshot[]> {
    const names = (await readdir(join(this.path, SNAPSHOTS))).filter((name) => SNAPSHOT_NAME.test(name))
    return Promise.all(
      names
        .toSorted()
        .toReversed()
        .map((name) => this.snapshot(name)),
    )
  }

  /**
   * Resolves when an object is a file of this folder: a backup may come from somebody else, and a link in it would
   * bring any file of this machine to players. Throws LostMedia, and BackupFailed for what cannot be a key.
   */
  async checkObject(key: string): Promise<void> {
    if (!isObjectKey(key)) {
      const quoted = JSON.stringify(key.slice(0, MOST_QUOTED))
      throw new BackupFailed(`${this.path} is damaged: an index names the object ${quoted}, which no archive can have`)
    }
    const root = join(this.path, OBJECTS)
    const folder = dirname(key)
    if (!this.ownFolders.has(folder)) {
      const real = await orLost(key, () => realpath(join(root, folder)))
      if (real !== join(await realpath(root), folder)) throw new LostMedia(key, 'unreadable')
      this.ownFolders.add(folder)
    }
    const found = await orLost(key, () => lstat(join(root, key)))
    if (!found.isFile()) throw new LostMedia(key, 'unreadable')
  }

  /** The folder of a new snapshot, in which nothing is complete yet. */
  async beginSnapshot(name: string): Promise<string> {
    await this.clearUnfinished()
    const folder = join(this.path, UNFINISHED, name)
    await mkdir(folder, { mode: 0o700 })
    return folder
  }

  /** Makes the files in the folder of `beginSnapshot` the newest snapshot; `index` is the path of its index there. */
  async publish(name: string, index: string, about: AboutSnapshot): Promise<void> {
    const folder = join(this.path, UNFINISHED, name)
    await rename(index, join(folder, INDEX))
    for (const entry of await readdir(folder))
      if (entry.endsWith('.db') && entry !== INDEX) await rm(join(folder, entry))
    await writePrivately(join(folder, ABOUT), `${JSON.stringify(about)}\n`)
    await chmod(join(folder, INDEX), 0o600)
    await syncFile(join(folder, INDEX))
    await syncFolder(folder)
    await rename(folder, join(this.path, SNAPSHOTS, name))
    await Promise.all([SNAPSHOTS, UNFINISHED].map((each) => syncFolder(join(this.path, each))))
  }

  /** Deletes a snapshot, but none of its media. From the first step on it is none any more. */
  async remove({ name, folder }: Snapshot): Promise<void> {
    await rename(folder, join(this.path, UNFINISHED, name))
    await Promise.all([SNAPSHOTS, UNFINISHED].map((each) => syncFolder(join(this.path, each))))
    await this.clearUnfinished()
  }

  close(): void {
    this.lock.close()
  }

  private async clearUnfinished(): Promise<void> {
    for (const entry of await readdir(join(this.path, UNFINISHED))) {
      await rm(join(this.path, UNFINISHED, entry), { recursive: true, force: true })
    }
  }

  private async snapshot(name: string): Promise<Snapshot> {
    const folder = join(this.path, SNAPSHOTS, name)
    try {
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        if (!entry.isFile() && !entry.isDirectory()) throw new Error(`${entry.name} is neither a file nor a folder`)
      }
      const about: unknown = JSON.parse(await readFile(join(folder, ABOUT), 'utf8'))
      if (!isAbout(about)) throw new Error(`${ABOUT} lacks what it should have`)
      return { name, folder, index: join(folder, INDEX), about }
    } catch (error) {
      throw new BackupFailed(`${folder} is no snapshot: ${(error as Error).message}`, { cause: error })
    }
  }
}

function isAbout(value: unknown): value is AboutSnapshot {
  const { takenAt, objects, lost, buckets } = (value ?? {}) as Partial<AboutSnapshot>
  return [takenAt, objects, lost].every((each) => Number.isSafeInteger(each)) && BUCKETS.has(buckets)
}

function locked(path: string): { close(): void } {
  try {
    return lockPath(join(path, LOCK))
  } catch (error) {
    if (!(error instanceof DatabaseInUse)) throw error
    throw new BackupFailed(`${path} is in use by another backup or restore`, { cause: error })
  }
}
