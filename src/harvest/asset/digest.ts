import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { ObjectBody } from '../../stores/buckets.ts'

const CHUNK_BYTES = 1 << 20

/** Adds the SHA-256 of a body, reading the body only when its hash is unknown. */
export async function digested(body: ObjectBody): Promise<ObjectBody & { readonly sha256: string }> {
  return { ...body, sha256: body.sha256 ?? (await digestOf(body)) }
}

async function digestOf(body: ObjectBody): Promise<string> {
  const hash = createHash('sha256')
  if (body.kind === 'bytes') for (const part of body.parts) hash.update(part)
  else {
    for (const path of body.paths) {
      for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) hash.update(chunk as Buffer)
    }
  }
  return hash.digest('hex')
}
