import { constants, type Dirent } from 'node:fs'
import { type FileHandle, lstat, open, opendir, readdir, realpath, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { utcMs } from '../../media/time.ts'
import {
  type BucketLevel,
  BucketRefused,
  type LevelRequest,
  type ListedObject,
  MOST_LISTED,
  type ReadableBucket,
  type StoredObject,
} from '../buckets.ts'
import { FileStream } from '../file-stream.ts'
import { checkBucketName } from '../object-name.ts'
import type { ByteRange, ObjectStream } from '../objects.ts'
import { codeOf, inWords, unlessAbsent } from './errors.ts'
import { folderSegments, tagOf, UPLOADS } from './folder-names.ts'

/** Opens neither what a symbolic link points to nor, for ever, a pipe that nobody writes. */
const READ_A_FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
/** Errors of what is not there, or is none of the bucket's: a symbolic link, a socket. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'])

/** The names of the buckets in a folder; none when that is not there. */
export async function bucketFolders(folder: string): Promise<readonly string[]> {
  const entries = (await unlessNone(readdir(folder))) ?? []
  const found = await Promise.all(entries.map(async (name) => ((await isBucket(folder, name)) ? [name] : [])))
  return found.flat().sort()
}

async function isBucket(folder: string, name: string): Promise<boolean> {
  try {
    checkBucketName(name)
    return (await stat(join(folder, name))).isDirectory()
  } catch (error) {
    if (error instanceof BucketRefused || ABSENT.has(codeOf(error))) return false
    throw error
  }
}

/** A bucket that is a folder, as it is looked into. Symbolic links in it are not there. */
export class FolderReader implements ReadableBucket {
  private readonly name: string
  private readonly root: string

  constructor(name: string, root: string) {
    this.name = name
    this.root = root
  }

  list({ prefix, limit, after }: LevelRequest): Promise<BucketLevel> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
    const beginning = prefix.slice(folder.length)
    const path = folder === '' ? this.root : this.pathOf(folder.slice(0, -1))
    return inWords(
      this.name,
      async () => {
        if (!(await this.isWithin(path))) return { folders: [], objects: [] }
        const isListed = ({ name }: Dirent) =>
          name.startsWith(beginning) && !/\p{Cc}/u.test(name) && (folder !== '' || name !== UPLOADS)
        const most = Math.min(limit, MOST_LISTED)
        const names = await firstNames(path, { after, isListed }, most + 1)
        const page = names.slice(0, most)
        const next = names.length > page.length ? page.at(-1) : undefined
        const files = page.filter((name) => !name.endsWith('/'))
        const objects = await Promise.all(files.map((name) => listed(join(path, name), folder + name)))
        return {
          folders: page.filter((name) => name.endsWith('/')).map((name) => folder + name),
          objects: objects.flat(),
          ...(next !== undefined && { next }),
        }
      },
      'readable',
    )
  }

  object(key: string): Promise<StoredObject | undefined> {
    const path = this.pathOf(key)
    return inWords(
      this.name,
      async () => {
        if (!(await this.isWithin(dirname(path)))) return undefined
        const file = await unlessNone(open(path, READ_A_FILE))
        return file && storedFile(file, key)
      },
      'readable',
    )
  }

  private pathOf(key: string): string {
    return join(this.root, ...folderSegments(key))
  }

  /** False for a folder that is not there, or to which a symbolic link leads. */
  private async isWithin(folder: string): Promise<boolean> {
    const [found, root] = [await unlessNone(realpath(folder)), await unlessNone(realpath(this.root))]
    return found !== undefined && root !== undefined && found === join(root, relative(this.root, folder))
  }
}

type Wanted = { readonly after: string | undefined; readonly isListed: (entry: Dirent) => boolean }

/**
 * The first names of a folder after another, in their order, those of folders with a slash. Memory: four times as many.
 */
async function firstNames(path: string, { after, isListed }: Wanted, count: number): Promise<readonly string[]> {
  let names: string[] = []
  const first = () => names.sort().slice(0, count)
  for await (const entry of (await unlessNone(opendir(path, { bufferSize: 256 }))) ?? []) {
    if (!isListed(entry) || !(entry.isDirectory() || entry.isFile())) continue
    const name = entry.isDirectory() ? `${entry.name}/` : entry.name
    if (after !== undefined && name <= after) continue
    names.push(name)
    if (names.length >= 4 * count) names = first()
  }
  return first()
}

/** A file with its size; none where it has gone in the meantime. */
async function listed(path: string, key: string): Promise<readonly ListedObject[]> {
  const file = await unlessNone(lstat(path))
  return file?.isFile() ? [{ key, size: file.size, modifiedAt: utcMs(Math.floor(file.mtimeMs)) }] : []
}

/** A file as an object; undefined, and closed, when it is no file. */
async function storedFile(file: FileHandle, key: string): Promise<StoredObject | undefined> {
  const close = () => file.close()
  try {
    const found = await file.stat({ bigint: true })
    if (found.isFile()) return { size: Number(found.size), tag: tagOf(found), open: streamOf(file, key), close }
  } catch (error) {
    await close()
    throw error
  }
  await close()
  return undefined
}

function streamOf(file: FileHandle, key: string): (range: ByteRange) => Promise<ObjectStream> {
  return async (range) => new FileStream(file, key, range)
}

const unlessNone = <T>(work: Promise<T>) => unlessAbsent(work, ABSENT)
