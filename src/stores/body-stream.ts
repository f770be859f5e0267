import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import type { ObjectBody } from './buckets.ts'

const CHUNK_BYTES = 1 << 20

/** Reads the bytes of a body on demand. The stream fails when there are more or fewer than the body states. */
export function bodyStream(body: ObjectBody): Readable {
  return Readable.from(chunksOf(body), { objectMode: false, highWaterMark: CHUNK_BYTES })
}

async function* chunksOf(body: ObjectBody): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of body.kind === 'bytes' ? body.parts : readFiles(body.paths)) {
    size += chunk.length
    if (size > body.size) break
    yield chunk
  }
  if (size !== body.size) throw new Error(`read ${size} bytes of an object that has ${body.size}`)
}

async function* readFiles(paths: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const path of paths) yield* createReadStream(path, { highWaterMark: CHUNK_BYTES })
}
