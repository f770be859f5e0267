import type { FileHandle } from 'node:fs/promises'

/** Writes all chunks at the end of a file. A write may be short; the next one then gives the reason. */
export async function appendAll(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  let left = chunks
  while (left.length > 0) {
    const { bytesWritten } = await file.writev(left)
    left = after(left, bytesWritten)
  }
}

/** The part of `chunks` after their first `bytes` bytes. */
function after(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let skip = bytes
  const first = chunks.findIndex((chunk) => {
    if (skip < chunk.length) return true
    skip -= chunk.length
    return false
  })
  return first === -1 ? [] : [chunks[first]?.subarray(skip) ?? new Uint8Array(), ...chunks.slice(first + 1)]
}
