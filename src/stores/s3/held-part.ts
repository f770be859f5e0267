import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { openNameless, writeAll } from '../nameless-file.ts'
import type { PartBuffers } from './part-buffers.ts'

/** Where parts are held until they are sent. */
export type PartMemory = {
  /** For parts that are collected: beyond it, they are collected in files. */
  readonly collecting: PartBuffers
  /** For parts on their way from a file to S3; others wait. */
  readonly sending: PartBuffers
  /** Folder of those files, which have no names. */
  readonly folder: string
}

/**
 * The bytes of an object, or of a part of it, until they are sent: in one buffer that grows, or, when all parts
 * together need more memory than there is, in a file without a name. So a client that sends slowly keeps nobody
 * waiting.
 */
export class HeldPart {
  private readonly memory: PartMemory
  private buffer: Buffer | undefined
  private file: FileHandle | undefined
  private length = 0
  private checksum = 0

  constructor(memory: PartMemory) {
    this.memory = memory
  }

  get size(): number {
    return this.length
  }

  /** The CRC-32 of the bytes as they came. */
  get crc32(): number {
    return this.checksum
  }

  /** Copies a chunk. A promise when that takes time; nothing more may be added before it has resolved. */
  add(chunk: Uint8Array): Promise<void> | undefined {
    this.checksum = crc32(chunk, this.checksum)
    const room = this.file ? undefined : this.roomFor(this.length + chunk.length)
    if (!room) return this.spill(chunk)
    room.set(chunk, this.length)
    this.length += chunk.length
    return undefined
  }

  /**
   * Lends the bytes to `work`, and then lets go of them. `work` calls `keep` when they may still be on their way after
   * it has resolved.
   */
  async consume<T>(work: (bytes: Buffer, keep: () => void) => Promise<T>): Promise<T> {
    const { file, buffer, length } = this
    this.file = undefined
    this.buffer = undefined
    if (!file) return lend(this.memory.collecting, buffer ?? Buffer.alloc(0), length, work)
    try {
      const { sending } = this.memory
      return await lend(sending, await sending.wait(length), length, async (bytes, keep) => {
        await this.readBack(file, bytes)
        return work(bytes, keep)
      })
    } finally {
      await file.close()
    }
  }

  /** Lets go of the bytes. */
  async release(): Promise<void> {
    const { buffer, file } = this
    this.buffer = undefined
    this.file = undefined
    if (buffer) this.memory.collecting.give(buffer)
    await file?.close()
  }

  /** The buffer, made larger when it has to be; undefined when there is no memory for that. */
  private roomFor(size: number): Buffer | undefined {
    const { buffer } = this
    if (buffer && buffer.length >= size) return buffer
    const larger = this.memory.collecting.take(size)
    if (larger && buffer) {
      buffer.copy(larger, 0, 0, this.length)
      this.memory.collecting.give(buffer)
    }
    this.buffer = larger ?? buffer
    return larger
  }

  private async spill(chunk: Uint8Array): Promise<void> {
    const { buffer } = this
    this.file ??= await openNameless(this.memory.folder)
    if (buffer) {
      await writeAll(this.file, buffer.subarray(0, this.length), 0)
      this.buffer = undefined
      this.memory.collecting.give(buffer)
    }
    await writeAll(this.file, chunk, this.length)
    this.length += chunk.length
  }

  private async readBack(file: FileHandle, bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await file.read(bytes, done, bytes.length - done, done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    if (crc32(bytes) !== this.checksum) throw new Error('a temporary file does not have the bytes that were written')
  }
}

/** Lends the first bytes of a buffer to `work`, and returns it. */
async function lend<T>(
  buffers: PartBuffers,
  buffer: Buffer,
  length: number,
  work: (bytes: Buffer, keep: () => void) => Promise<T>,
): Promise<T> {
  let isFree = true
  try {
    return await work(buffer.subarray(0, length), () => {
      isFree = false
    })
  } catch (error) {
    isFree = false
    throw error
  } finally {
    if (isFree) buffers.give(buffer)
    else buffers.drop(buffer)
  }
}
