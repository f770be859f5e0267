import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, opendir, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { type UtcMs, utcMs } from '../../media/time.ts'
import { isObjectKey } from '../object-key.ts'
import { MOST_PIECE_BYTES } from '../objects.ts'

/** Folder of files being written. */
const INCOMING = '.incoming'
/** Folders over which the files are spread, so that none becomes large. */
const FOLDERS = 256
const CRC_BYTES = 4
/** File systems allow names of 255 bytes. */
const MOST_NAME = 255

/** An object in an open file, which holds its CRC-32 behind it. */
export type CacheFile = { readonly file: FileHandle; readonly size: number }

/** A file of the cache, as its folder tells of it. */
export type ListedFile = { readonly key: string; readonly size: number; readonly usedAt: UtcMs }

/**
 * The files of a cache. Each is written aside and renamed; nothing is synced, so that a crash may leave files without
 * their bytes, which `isWhole` tells. Anyone may delete any of them at any time.
 */
export class CacheFiles {
  private readonly root: string

  constructor(root: string) {
    this.root = root
  }

  /** Makes the folder, and deletes what a process left behind that was writing. */
  async prepare(): Promise<void> {
    await rm(join(this.root, INCOMING), { recursive: true, force: true })
    await mkdir(join(this.root, INCOMING), { recursive: true })
  }

  /** False for a key that makes no name of a file. */
  canHold(key: string): boolean {
    return key.length <= MOST_NAME
  }

  /** Undefined when there is no file. */
  async open(key: string): Promise<CacheFile | undefined> {
    const file = await open(this.pathOf(key)).catch(ignoreAbsent)
    if (!file) return undefined
    try {
      return { file, size: Math.max(0, (await file.stat()).size - CRC_BYTES) }
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** True when a file has the bytes with which it was written. */
  async isWhole({ file, size }: CacheFile): Promise<boolean> {
    const buffer = Buffer.allocUnsafe(Math.min(MOST_PIECE_BYTES, size + CRC_BYTES))
    let crc = 0
    for (let done = 0; done < size; ) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - done), done)
      if (bytesRead === 0) return false
      crc = crc32(buffer.subarray(0, bytesRead), crc)
      done += bytesRead
    }
    const { bytesRead } = await file.read(buffer, 0, CRC_BYTES, size)
    return bytesRead === CRC_BYTES && buffer.readUInt32BE() === crc
  }

  /** Begins a file that is nowhere to be found until it is placed. */
  async create(): Promise<IncomingFile> {
    const path = join(this.root, INCOMING, randomBytes(16).toString('hex'))
    const openNew = () => open(path, 'wx', 0o600)
    const file = await openNew().catch(async (error: unknown) => {
      ignoreAbsent(error)
      await mkdir(dirname(path), { recursive: true })
      return openNew()
    })
    return new IncomingFile(file, path, (key) => this.pathOf(key))
  }

  async remove(key: string): Promise<void> {
    await unlink(this.pathOf(key)).catch(ignoreAbsent)
  }

  /** All files, in any order; those that vanish meanwhile are left out. */
  async *list(): AsyncGenerator<ListedFile> {
    for (let folder = 0; folder < FOLDERS; folder++) {
      const path = join(this.root, nameOf(folder))
      const entries = await opendir(path, { bufferSize: 256 }).catch(ignoreAbsent)
      for await (const { name } of entries ?? []) {
        const key = name.replaceAll('+', '/')
        const found = isObjectKey(key) ? await stat(join(path, name)).catch(ignoreAbsent) : undefined
        if (found?.isFile()) yield { key, size: Math.max(0, found.size - CRC_BYTES), usedAt: utcMs(found.mtimeMs) }
      }
    }
  }

  /** Notes in the file's times when it was used. */
  async touch({ file }: CacheFile, now: UtcMs): Promise<void> {
    await file.utimes(now / 1000, now / 1000)
  }

  private pathOf(key: string): string {
    return join(this.root, nameOf(crc32(key) % FOLDERS), key.replaceAll('/', '+'))
  }
}

/** A file that is being written, in pieces as large as those in which it is read. */
class IncomingFile {
  private readonly file: FileHandle
  private readonly path: string
  private readonly pathOf: (key: string) => string
  private readonly buffer = Buffer.allocUnsafeSlow(MOST_PIECE_BYTES)
  /** The bytes of the buffer that are not written yet. */
  private held = 0
  private crc = 0
  size = 0

  constructor(file: FileHandle, path: string, pathOf: (key: string) => string) {
    this.file = file
    this.path = path
    this.pathOf = pathOf
  }

  async write(piece: Uint8Array): Promise<void> {
    this.crc = crc32(piece, this.crc)
    this.size += piece.length
    for (let at = 0; at < piece.length; ) {
      if (this.held === this.buffer.length) await this.flush()
      const part = piece.subarray(at, at + this.buffer.length - this.held)
      this.buffer.set(part, this.held)
      this.held += part.length
      at += part.length
    }
  }

  /** Ends the file, and gives it its place. */
  async place(key: string): Promise<void> {
    if (this.held + CRC_BYTES > this.buffer.length) await this.flush()
    this.held = this.buffer.writeUInt32BE(this.crc, this.held)
    await this.flush()
    await this.file.close()
    const path = this.pathOf(key)
    await rename(this.path, path).catch(async (error: unknown) => {
      ignoreAbsent(error)
      await mkdir(dirname(path), { recursive: true })
      await rename(this.path, path)
    })
  }

  private async flush(): Promise<void> {
    await this.file.writeFile(this.buffer.subarray(0, this.held))
    this.held = 0
  }

  /** Leaves nothing of a file that has not been placed. */
  async discard(): Promise<void> {
    await this.file.close()
    await rm(this.path, { force: true })
  }
}

const nameOf = (folder: number) => folder.toString(16).padStart(2, '0')

function ignoreAbsent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}
