import { type FileHandle, open } from 'node:fs/promises'
import type { ObjectBody } from '../buckets.ts'

const SMALLEST = 1 << 16

/**
 * Memory for bodies that are sent in one piece, used again and again: a fresh buffer for each object would have to be
 * cleared, and collected. Keeps at most `mostKept` bytes while nothing is sent.
 */
export class BodyBuffers {
  private readonly free: Buffer[] = []
  private readonly mostKept: number

  constructor(mostKept: number) {
    this.mostKept = mostKept
  }

  /**
   * Has the bytes of a body in memory while `work` is at it, and for good once it has called `keep`. Rejects when there
   * are more or fewer than the body says, and as `work` does.
   */
  async hold<T>(body: ObjectBody, work: (bytes: Buffer, keep: () => void) => Promise<T>): Promise<T> {
    // One byte more, to see whether there are more.
    const buffer = this.take(body.size + 1)
    const size = await readInto(buffer, body)
    if (size !== body.size) throw new Error(`read ${size} bytes of an object that has ${body.size}`)
    let isKept = false
    const keep = () => {
      isKept = true
    }
    const result = await work(buffer.subarray(0, size), keep)
    // What has failed may still be on its way to the network: it is left to the collector.
    if (!isKept) this.give(buffer)
    return result
  }

  private take(size: number): Buffer {
    const at = this.free.findIndex(({ length }) => length >= size)
    if (at >= 0) return this.free.splice(at, 1)[0]!
    return Buffer.allocUnsafeSlow(Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(size))))
  }

  /** The largest stay: they serve for all. */
  private give(buffer: Buffer): void {
    this.free.push(buffer)
    this.free.sort((a, b) => a.length - b.length)
    let kept = this.free.reduce((sum, { length }) => sum + length, 0)
    while (kept > this.mostKept) kept -= this.free.shift()!.length
  }
}

/** As many bytes as there are, or as the buffer has room for. */
async function readInto(buffer: Buffer, body: ObjectBody): Promise<number> {
  let size = 0
  if (body.kind === 'bytes') {
    for (const part of body.parts) {
      buffer.set(part.subarray(0, buffer.length - size), size)
      size += part.length
    }
    return size
  }
  for (const path of body.paths) {
    const file = await open(path)
    try {
      size += await readFile(file, buffer.subarray(size))
    } finally {
      await file.close()
    }
  }
  return size
}

async function readFile(file: FileHandle, buffer: Buffer): Promise<number> {
  for (let size = 0; ; ) {
    const { bytesRead } = await file.read(buffer, size, buffer.length - size, null)
    if (bytesRead === 0) return size
    size += bytesRead
  }
}
