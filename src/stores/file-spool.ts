import { type FileHandle, statfs } from 'node:fs/promises'
import { openNameless, writeAll } from './nameless-file.ts'
import type { ByteRange } from './objects.ts'

/** Bytes kept in memory before they go to a file: enough for what is made of some minutes of media. */
const IN_MEMORY = 256 * 1024
const READ_AT_ONCE = 256 * 1024
/** Bytes after which the space that is left is looked at again. */
const WATCHED_EVERY = 16 * 1024 * 1024

export type FileSpoolOptions = {
  /**
   * True of what can be done without: no more is taken than is left for others, such as the encoders' segments on the
   * same disk.
   */
  readonly isOptional?: boolean
  /** Bytes that are free on the disk of a folder, as its file system says if absent. */
  readonly freeBytes?: (folder: string) => Promise<number>
}

/**
 * Keeps bytes that are appended, in memory as long as they are few, and then in a file without a name, which is gone
 * with the process. Memory: 256 KiB, and as much for each reading.
 */
export class FileSpool {
  private readonly folder: string
  private held = Buffer.alloc(0)
  private heldBytes = 0
  private file: FileHandle | undefined
  private fileBytes = 0
  private readonly options: FileSpoolOptions
  private watchedAt = 0

  /** The folder of the file, which has to be there. */
  constructor(folder: string, options: FileSpoolOptions = {}) {
    this.folder = folder
    this.options = options
  }

  /** The bytes are copied; the caller may use them again. One call at a time. Throws as writing a file does. */
  async append(bytes: Uint8Array): Promise<void> {
    if (this.heldBytes + bytes.length > IN_MEMORY) await this.spill()
    if (bytes.length > IN_MEMORY) await this.write(bytes)
    else this.hold(bytes)
  }

  /** All bytes, or a range, in pieces that are valid until the next is requested. It may be read repeatedly. */
  async *read({ start, end }: ByteRange = { start: 0, end: this.size }): AsyncGenerator<Uint8Array> {
    const fileEnd = Math.min(end, this.fileBytes)
    if (this.file && start < fileEnd) {
      const buffer = Buffer.allocUnsafe(Math.min(READ_AT_ONCE, fileEnd - start))
      for (let at = start; at < fileEnd; ) {
        const { bytesRead } = await this.file.read(buffer, 0, Math.min(buffer.length, fileEnd - at), at)
        if (bytesRead === 0) throw new Error(`a temporary file of ${this.fileBytes} bytes ends at ${at}`)
        yield buffer.subarray(0, bytesRead)
        at += bytesRead
      }
    }
    const held = this.held.subarray(
      Math.max(start - this.fileBytes, 0),
      Math.max(Math.min(end - this.fileBytes, this.heldBytes), 0),
    )
    if (held.length > 0) yield held
  }

  private get size(): number {
    return this.fileBytes + this.heldBytes
  }

  async close(): Promise<void> {
    const { file } = this
    this.file = undefined
    this.held = Buffer.alloc(0)
    await file?.close()
  }

  private hold(bytes: Uint8Array): void {
    const size = this.heldBytes + bytes.length
    if (size > this.held.length) {
      const larger = Buffer.alloc(Math.min(IN_MEMORY, Math.max(size, 2 * this.held.length)))
      larger.set(this.held.subarray(0, this.heldBytes))
      this.held = larger
    }
    this.held.set(bytes, this.heldBytes)
    this.heldBytes = size
  }

  private async spill(): Promise<void> {
    await this.write(this.held.subarray(0, this.heldBytes))
    this.heldBytes = 0
  }

  private async write(bytes: Uint8Array): Promise<void> {
    if (this.options.isOptional && this.fileBytes >= this.watchedAt) await this.watch()
    this.file ??= await openNameless(this.folder)
    await writeAll(this.file, bytes, this.fileBytes)
    this.fileBytes += bytes.length
  }

  /** Throws where less would be left than is taken, before the space is looked at again. */
  private async watch(): Promise<void> {
    const { freeBytes = freeBytesOf } = this.options
    const free = await freeBytes(this.folder)
    const { fileBytes } = this
    if (free < fileBytes + 2 * WATCHED_EVERY) throw new Error(`only ${free} bytes are left beside ${fileBytes} taken`)
    this.watchedAt = fileBytes + WATCHED_EVERY
  }
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
