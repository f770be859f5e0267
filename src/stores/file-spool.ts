import type { FileHandle } from 'node:fs/promises'
import { openNameless, writeAll } from './nameless-file.ts'

/** Bytes kept in memory before they go to a file: enough for what is made of some minutes of media. */
const IN_MEMORY = 256 * 1024
const READ_AT_ONCE = 256 * 1024

/**
 * Keeps bytes that are appended, in memory as long as they are few, and then in a file without a name, which is gone
 * with the process. Memory: 256 KiB, and as much for each reading.
 */
export class FileSpool {
  private readonly folder: string
  private readonly held: Buffer[] = []
  private heldBytes = 0
  private file: FileHandle | undefined
  private fileBytes = 0

  /** The folder of the file, which has to be there. */
  constructor(folder: string) {
    this.folder = folder
  }

  /** The bytes are copied; the caller may use them again. One call at a time. Throws as writing a file does. */
  async append(bytes: Uint8Array): Promise<void> {
    this.held.push(Buffer.from(bytes))
    this.heldBytes += bytes.length
    if (this.heldBytes <= IN_MEMORY) return
    this.file ??= await openNameless(this.folder)
    const all = Buffer.concat(this.held)
    await writeAll(this.file, all, this.fileBytes)
    this.fileBytes += all.length
    this.held.length = 0
    this.heldBytes = 0
  }

  /** All bytes from the beginning, in pieces that are valid until the next is requested. It may be read repeatedly. */
  async *read(): AsyncGenerator<Uint8Array> {
    if (this.file) {
      const buffer = Buffer.allocUnsafe(Math.min(READ_AT_ONCE, this.fileBytes))
      for (let at = 0; at < this.fileBytes; ) {
        const { bytesRead } = await this.file.read(buffer, 0, Math.min(buffer.length, this.fileBytes - at), at)
        if (bytesRead === 0) throw new Error(`a temporary file of ${this.fileBytes} bytes ends at ${at}`)
        yield buffer.subarray(0, bytesRead)
        at += bytesRead
      }
    }
    yield* this.held
  }

  async close(): Promise<void> {
    const { file } = this
    this.file = undefined
    this.held.length = 0
    await file?.close()
  }
}
