import { randomUUID } from 'node:crypto'
import { type FileHandle, link, lstat, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { bodyStream } from '../body-stream.ts'
import {
  type Bucket,
  BucketRefused,
  type Buckets,
  type PutCondition,
  type ReadableBuckets,
  type Taking,
} from '../buckets.ts'
import { syncFolder } from '../directory-syncs.ts'
import { fileOf, type ObjectBody } from '../object-body.ts'
import { checkBucketName } from '../object-name.ts'
import { checkFile, copyProven, prove } from './archived-files.ts'
import { codeOf, inTheWay, inWords, noSuchBucket, unlessAbsent } from './errors.ts'
import { folderSegments, tagOf, UPLOADS } from './folder-names.ts'
import { bucketFolders, FolderReader } from './reading.ts'
import { makeRoot } from './root.ts'
import { READ_ONLY, writeNew } from './writing.ts'

export type FolderBucketsOptions = {
  /** Folder whose subfolders are the buckets. */
  readonly folder: string
  /** True hard-links an unchanged file instead of copying it. */
  readonly links: boolean
  /** True links a file without reading it; otherwise its bytes are proven first. */
  readonly linksUnread?: boolean
  /** True creates a bucket's folder when it is missing. */
  readonly createBuckets: boolean
}

const PERMISSIONS = 0o7777
/** Errors of `link` where a link is impossible: another file system, too many links, not supported. */
const NO_LINK = new Set(['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/** Buckets that are folders, which one process writes. An object is a read-only file, replaced only by rename. */
export function folderBuckets(options: FolderBucketsOptions): Buckets & ReadableBuckets {
  const swept = new Map<string, Promise<void>>()
  return {
    async open({ bucketName }) {
      checkBucketName(bucketName)
      const root = join(options.folder, bucketName)
      const isThere = await isFolder(root)
      if (!isThere && !options.createBuckets) throw noSuchBucket(bucketName)
      // What is there is incomplete, from a crash.
      const sweeping = swept.get(root) ?? rm(join(root, UPLOADS), { recursive: true, force: true })
      swept.set(root, sweeping)
      sweeping.catch(() => swept.delete(root))
      await inWords(bucketName, () => sweeping)
      return new FolderBucket(bucketName, options)
    },
    names: async () => ({ names: await bucketFolders(options.folder) }),
    async read({ bucketName }) {
      checkBucketName(bucketName)
      return new FolderReader(bucketName, join(options.folder, bucketName))
    },
    async close() {},
  }
}

class FolderBucket implements Bucket {
  readonly isRemote = false
  private readonly name: string
  private readonly options: FolderBucketsOptions
  /** Folders known to exist, by path. */
  private readonly folders = new Map<string, Promise<void>>()
  /** Folders whose entries have changed since the last flush. */
  private unsynced = new Set<string>()

  constructor(name: string, options: FolderBucketsOptions) {
    this.name = name
    this.options = options
  }

  async take(key: string, body: ObjectBody, signal: AbortSignal): Promise<Taking> {
    const source = verbatim(body)
    if (source === undefined) return { isTaken: false }
    return this.place(key, async (target) => {
      if (this.options.links && (await this.link(body, source, target, signal))) {
        return { isTaken: true, isProven: !this.options.linksUnread }
      }
      await this.write(body, target, async (upload) => {
        await copyProven(body, source, upload, signal)
        // For reading: a copy has its source's mode, and syncing needs no write permission.
        return open(upload, 'r')
      })
      return { isTaken: true, isProven: true }
    })
  }

  async put(key: string, body: ObjectBody, signal: AbortSignal, condition?: PutCondition): Promise<void> {
    await this.place(key, async (target) => {
      if (condition) await this.checkTag(target, condition)
      await this.write(body, target, (upload) => writeNew(upload, body, signal))
    })
  }

  async flush(): Promise<void> {
    const folders = this.unsynced
    this.unsynced = new Set()
    try {
      await inWords(this.name, () => Promise.all([...folders].map((folder) => syncFolder(folder))))
    } catch (error) {
      for (const folder of folders) this.unsynced.add(folder)
      throw error
    }
  }

  tagOf(key: string): Promise<string | null> {
    return inWords(this.name, () => tagOfFile(join(this.root, ...folderSegments(key))))
  }

  sizeOf(key: string): Promise<number | null> {
    const path = join(this.root, ...folderSegments(key))
    return inWords(this.name, async () => (await unlessAbsent(stat(path)))?.size ?? null)
  }

  async holds(key: string, body: ObjectBody): Promise<boolean> {
    const wanted = await bodyStream(body).toArray()
    return inWords(this.name, async () => {
      const held = await unlessAbsent(readFile(join(this.root, ...folderSegments(key))))
      return held !== undefined && Buffer.concat(wanted).equals(held)
    })
  }

  async remove(keys: readonly string[], signal: AbortSignal): Promise<void> {
    await inWords(this.name, async () => {
      for (const key of keys) {
        signal.throwIfAborted()
        const path = join(this.root, ...folderSegments(key))
        const folder = dirname(path)
        // There was never a put where a folder is missing, or where a symbolic link leads elsewhere.
        if ((await unlessAbsent(realpath(folder))) !== join(await realpath(this.root), relative(this.root, folder)))
          continue
        await rm(path, { force: true })
        this.unsynced.add(folder)
      }
    })
    await this.flush()
  }

  /** Creates or replaces the file of an object by `work`, in a folder that is there. */
  private async place<T>(key: string, work: (target: string) => Promise<T>): Promise<T> {
    const segments = folderSegments(key)
    return inWords(this.name, async () => {
      const folder = await this.folderOf(segments.slice(0, -1))
      const result = await work(join(folder, segments.at(-1) as string))
      this.unsynced.add(folder)
      return result
    })
  }

  /**
   * Checks the condition of a put, without a lock: one job at a time has an object's name, and another worker of that
   * job would write the same bytes.
   */
  private async checkTag(target: string, { replaces }: PutCondition): Promise<void> {
    if ((await tagOfFile(target)) === replaces) return
    throw new BucketRefused(
      'Conflict',
      `An object in bucket ${this.name} was changed in the meantime, and was not replaced.`,
    )
  }

  private get root(): string {
    return join(this.options.folder, this.name)
  }

  /**
   * The folder of a key, created level by level where it is missing, so that no symbolic link leads out of the
   * bucket.
   */
  private async folderOf(segments: readonly string[]): Promise<string> {
    await this.once(this.options.folder, makeRoot)
    let folder = this.root
    await this.once(folder, (path) => this.makeFolder(path, stat))
    for (const segment of segments) {
      folder = join(folder, segment)
      await this.once(folder, (path) => this.makeFolder(path, lstat))
    }
    return folder
  }

  private once(path: string, make: (path: string) => Promise<void>): Promise<void> {
    const making = this.folders.get(path) ?? make(path)
    this.folders.set(path, making)
    return making
  }

  private async makeFolder(path: string, look: typeof lstat): Promise<void> {
    try {
      // Synced even when it exists: the process that created it may have crashed before that.
      this.unsynced.add(dirname(path))
      await mkdir(path)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
      if (!(await look(path)).isDirectory()) throw inTheWay(path.slice(this.options.folder.length + 1))
    }
  }

  /** Links the body's file to `target`; false when only a copy is possible. Throws LostMedia. */
  private async link(body: ObjectBody, source: string, target: string, signal: AbortSignal): Promise<boolean> {
    if (this.options.linksUnread) await checkFile(body, source)
    else await prove(body, signal)
    try {
      await link(source, target)
      return true
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') return unlessNoLink(error)
    }
    // A rename does nothing when both names are links to the same file.
    const replacing = this.replace(target, (upload) => link(source, upload), { isLeft: true })
    return replacing.then(() => true, unlessNoLink)
  }

  /** Creates or replaces a file by one that `make` makes of the body and leaves open. */
  private async write(body: ObjectBody, target: string, make: (upload: string) => Promise<FileHandle>): Promise<void> {
    await this.replace(target, async (upload) => {
      const file = await make(upload)
      try {
        const { size, mode } = await file.stat()
        checkSize(size, body)
        if ((mode & PERMISSIONS) !== READ_ONLY) await file.chmod(READ_ONLY)
        await file.sync()
      } finally {
        await file.close()
      }
    })
  }

  /** `isLeft` is true where what `make` has made may still be there when the object is. */
  private async replace(
    target: string,
    make: (upload: string) => Promise<void>,
    { isLeft = false } = {},
  ): Promise<void> {
    const uploads = join(this.root, UPLOADS)
    await this.once(uploads, (path) => this.makeFolder(path, lstat))
    const upload = join(uploads, randomUUID())
    let isPlaced = false
    try {
      await make(upload)
      await rename(upload, target)
      isPlaced = true
    } catch (error) {
      if (codeOf(error) === 'EISDIR') throw inTheWay(target.slice(this.options.folder.length + 1), { cause: error })
      throw error
    } finally {
      if (isLeft || !isPlaced) await rm(upload, { force: true })
    }
  }
}

/** The tag of a file, null when there is none. */
async function tagOfFile(path: string): Promise<string | null> {
  const file = await unlessAbsent(stat(path, { bigint: true }))
  return file ? tagOf(file) : null
}

/** The single file whose bytes are the body; undefined when there is none. */
function verbatim(body: ObjectBody): string | undefined {
  return body.kind === 'object' ? fileOf(body.object) : undefined
}

function checkSize(size: number, body: ObjectBody): void {
  if (size !== body.size) throw new Error(`found ${size} bytes of an object that has ${body.size}`)
}

function unlessNoLink(error: unknown): false {
  if (NO_LINK.has(codeOf(error))) return false
  throw error
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}
