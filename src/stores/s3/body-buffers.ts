import { WarmBuffers } from '../../cache/warm-buffers.ts'
import { type ObjectBody, piecesOf } from '../object-body.ts'

/** Reusable memory for bodies that are sent in one piece. Keeps at most `mostKept` bytes while nothing is sent. */
export class BodyBuffers {
  private readonly buffers: WarmBuffers

  constructor(mostKept: number) {
    this.buffers = new WarmBuffers(mostKept)
  }

  /**
   * Holds the bytes of a body in memory while `work` runs; the buffer is not reused once `work` has called `keep`.
   * Rejects when there are more or fewer bytes than the body states, and as `work` does.
   */
  async hold<T>(body: ObjectBody, work: (bytes: Buffer, keep: () => void) => Promise<T>): Promise<T> {
    const buffer = this.buffers.take(body.size)
    const size = body.kind === 'bytes' ? copyParts(body.parts, buffer) : await readPieces(body, buffer)
    if (size !== body.size) throw new Error(`read ${size} bytes of an object that has ${body.size}`)
    let isKept = false
    const keep = () => {
      isKept = true
    }
    const result = await work(buffer.subarray(0, size), keep)
    // After a failure, the bytes may still be on their way to the network: the buffer is left to the garbage
    // collector.
    if (!isKept) this.buffers.give(buffer)
    return result
  }
}

/** Copies parts into a buffer, as far as there is room, and returns their total size. */
function copyParts(parts: readonly Uint8Array[], buffer: Buffer): number {
  let size = 0
  for (const part of parts) {
    buffer.set(part.subarray(0, Math.max(0, buffer.length - size)), Math.min(size, buffer.length))
    size += part.length
  }
  return size
}

async function readPieces(body: ObjectBody, buffer: Buffer): Promise<number> {
  let size = 0
  for await (const piece of piecesOf(body)) {
    buffer.set(piece, size)
    size += piece.length
  }
  return size
}
