import { Readable } from 'node:stream'
import { type ObjectBody, piecesOf } from './object-body.ts'

const CHUNK_BYTES = 1 << 20

/** The bytes of a body as a stream, read on demand. Fails when there are more or fewer than the body's size. */
export function bodyStream(body: ObjectBody): Readable {
  return Readable.from(chunksOf(body), { objectMode: false, highWaterMark: CHUNK_BYTES })
}

/** A stream reads ahead, while a piece is valid only until the next is requested. */
async function* chunksOf(body: ObjectBody): AsyncGenerator<Uint8Array> {
  for await (const piece of piecesOf(body)) yield body.kind === 'bytes' ? piece : Buffer.from(piece)
}
