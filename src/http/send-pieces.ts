import type { TLSSocket } from 'node:tls'
import type { HttpResponse } from './message.ts'
import type { OutgoingBytes } from './outgoing-bytes.ts'

/**
 * Bytes in memory that are written at a time. They keep all of their buffer until they have left, so that smaller
 * pieces would only cost system calls.
 */
const MEMORY_PIECE_BYTES = 2 * 1024 * 1024
/**
 * The same over TLS, which encrypts a piece at once into memory of its own: that stays in the cache of a processor, and
 * a client that does not read holds little of it.
 */
const TLS_PIECE_BYTES = 64 * 1024

/** Sends pieces that are valid until the next is requested, and ends the response. */
export async function sendPieces(
  response: HttpResponse,
  pieces: AsyncIterable<Uint8Array>,
  outgoing: OutgoingBytes,
): Promise<void> {
  for await (const piece of pieces) {
    if (response.destroyed) return
    await sendBytes(response, [piece], false, outgoing)
    outgoing.progress(response)
  }
  response.end()
}

/**
 * Sends bytes in pieces, and ends the response with the last of them where `isLast`: the next piece follows at once
 * when the kernel has taken the one before, and otherwise waits until that has left, while the memory behind it is
 * counted.
 */
export async function sendBytes(
  response: HttpResponse,
  chunks: readonly Uint8Array[],
  isLast: boolean,
  outgoing: OutgoingBytes,
): Promise<void> {
  const isTls = (response.socket as Partial<TLSSocket> | null)?.encrypted === true
  const pieces = piecesOf(chunks, isTls ? TLS_PIECE_BYTES : MEMORY_PIECE_BYTES)
  let buffers: readonly ArrayBufferLike[] | undefined
  for (const [at, piece] of pieces.entries()) {
    const isEnd = isLast && at === pieces.length - 1
    const flushed = write(response, piece, isEnd)
    if (response.writableLength === 0) continue
    // A view of a buffer that is being sent keeps all of the buffer.
    buffers ??= [...new Set(chunks.map(({ buffer }) => buffer))]
    outgoing.hold(response, buffers)
    if (isEnd) return
    await flushed
    if (response.destroyed) return
  }
}

/**
 * Writes bytes together, with the headers where those are not sent yet. Resolves when they are no longer needed: the
 * kernel has them, or the client has left.
 */
export function write(response: HttpResponse, chunks: readonly Uint8Array[], isEnd: boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = () => {
    response.off('close', done)
    resolve()
  }
  response.cork()
  for (const [at, chunk] of chunks.entries()) {
    if (at < chunks.length - 1) response.write(chunk)
    else if (isEnd) response.end(chunk)
    else response.write(chunk, done)
  }
  if (!isEnd) response.uncork()
  if (response.writableLength > 0) response.once('close', done)
  return promise
}

/** The chunks in groups of about the size of a piece; longer ones are divided. */
function piecesOf(chunks: readonly Uint8Array[], most: number): readonly (readonly Uint8Array[])[] {
  const pieces: Uint8Array[][] = []
  let piece: Uint8Array[] = []
  let size = 0
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += most) {
      const part = at === 0 && chunk.length <= most ? chunk : chunk.subarray(at, at + most)
      if (size + part.length > most && size > 0) {
        pieces.push(piece)
        piece = []
        size = 0
      }
      piece.push(part)
      size += part.length
    }
  }
  if (size > 0) pieces.push(piece)
  return pieces
}
