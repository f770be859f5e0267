import { type FileHandle, open, rm } from 'node:fs/promises'
import { appendAll } from './append-all.ts'
import type { CommittedObject, ObjectWriter } from './objects.ts'

/** Bytes and chunks collected before they are written; much larger single writes are slower. */
export const PIECE_BYTES = 1 << 20
const PIECE_CHUNKS = 1024
/** Bytes that all writers of the process together collect; beyond them, each chunk is written as it comes. */
export const MOST_COLLECTED = 64 << 20

/** The bytes that all writers hold before they write them. */
let collectedInAll = 0

/** The destination of a finished file. */
export type FileTarget = {
  readonly path: string
  /** Moves the file from `from` to `path`. */
  place(from: string): Promise<void>
  /** Makes the name durable. */
  sync(): Promise<unknown>
}

/** Writes a file under a temporary name, and moves it to its place when it is complete and on disk. */
export class FileWriter implements ObjectWriter {
  private readonly file: FileHandle
  private readonly target: FileTarget
  /** Current path of the file; undefined once it is no longer this writer's. */
  private path: string | undefined
  private isOpen = true
  private chunks: Uint8Array[] = []
  private collected = 0
  /** All writes so far; after one has failed, nothing more is written. */
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
      collectedInAll += piece.length
      const isFull = this.collected >= PIECE_BYTES || this.chunks.length >= PIECE_CHUNKS
      if (isFull || collectedInAll > MOST_COLLECTED) this.flush()
    }
    await this.written
  }

  async commit(): Promise<CommittedObject> {
    if (this.path === undefined) throw new Error('the object was aborted')
    this.flush()
    await this.written
    await this.file.datasync()
    await this.close()
    await this.target.place(this.path)
    this.path = this.target.path
    await this.target.sync()
    this.path = undefined
    return {}
  }

  async abort(): Promise<void> {
    this.release()
    await this.written.catch(() => {})
    await this.close()
    const { path } = this
    this.path = undefined
    if (path !== undefined) await rm(path, { force: true })
  }

  /** Begins to write what is collected. */
  private flush(): void {
    const { chunks } = this
    this.release()
    if (chunks.length > 0) this.written = this.written.then(() => appendAll(this.file, chunks))
  }

  private release(): void {
    collectedInAll -= this.collected
    this.collected = 0
    this.chunks = []
  }

  private async close(): Promise<void> {
    if (!this.isOpen) return
    this.isOpen = false
    await this.file.close()
  }
}
