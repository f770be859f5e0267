import { type FileHandle, open, rm } from 'node:fs/promises'
import type { ObjectWriter } from './objects.ts'

/** Bytes and chunks collected before they are written: much larger single writes are slower, not faster. */
const PIECE_BYTES = 1 << 20
const PIECE_CHUNKS = 1024

/** Where a finished file goes. */
export type FileTarget = {
  readonly path: string
  /** Moves the file from there to `path`. */
  place(from: string): Promise<void>
  /** Makes the name durable. */
  sync(): Promise<unknown>
}

/** A file under a temporary name that is moved to its place when it is complete and on disk. */
export class FileWriter implements ObjectWriter {
  private readonly file: FileHandle
  private readonly target: FileTarget
  /** Where the file is now; undefined when it is no longer ours. */
  private path: string | undefined
  private isOpen = true
  private chunks: Uint8Array[] = []
  private collected = 0
  /** Every write so far; once one has failed nothing more is written. */
  private written: Promise<void> = Promise.resolve()

  private constructor(file: FileHandle, path: string, target: FileTarget) {
    this.file = file
    this.path = path
    this.target = target
  }

  static async open(path: string, target: FileTarget): Promise<FileWriter> {
    return new FileWriter(await open(path, 'wx', 0o444), path, target)
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
      const piece = chunk.subarray(start, start + PIECE_BYTES)
      this.chunks.push(piece)
      this.collected += piece.length
      if (this.collected >= PIECE_BYTES || this.chunks.length >= PIECE_CHUNKS) this.flush()
    }
    await this.written
  }

  async commit(): Promise<void> {
    if (this.path === undefined) throw new Error('the object was aborted')
    this.flush()
    await this.written
    await this.file.datasync()
    await this.close()
    await this.target.place(this.path)
    this.path = this.target.path
    await this.target.sync()
    this.path = undefined
  }

  async abort(): Promise<void> {
    this.chunks = []
    await this.written.catch(() => {})
    await this.close()
    const { path } = this
    this.path = undefined
    if (path !== undefined) await rm(path, { force: true })
  }

  private flush(): void {
    const { chunks } = this
    this.chunks = []
    this.collected = 0
    if (chunks.length > 0) this.written = this.written.then(() => writeAll(this.file, chunks))
  }

  private async close(): Promise<void> {
    if (!this.isOpen) return
    this.isOpen = false
    await this.file.close()
  }
}

/** A write may be short: the next one then says why. */
async function writeAll(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  let left = chunks
  while (left.length > 0) {
    const { bytesWritten } = await file.writev(left)
    left = after(left, bytesWritten)
  }
}

/** What remains of `chunks` behind the first `bytes`. */
function after(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let skip = bytes
  const first = chunks.findIndex((chunk) => {
    if (skip < chunk.length) return true
    skip -= chunk.length
    return false
  })
  return first === -1 ? [] : [chunks[first]?.subarray(skip) ?? new Uint8Array(), ...chunks.slice(first + 1)]
}
