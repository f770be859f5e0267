import { createHash } from 'node:crypto'
import { type ObjectBody, piecesOf } from '../../stores/object-body.ts'

/** Adds the SHA-256 of a body, reading the body only when its hash is unknown. */
export async function digested(body: ObjectBody): Promise<ObjectBody & { readonly sha256: string }> {
  return { ...body, sha256: body.sha256 ?? (await digestOf(body)) }
}

/** A stream that is hashed while it is read. `sha256` gives the hash of the last reading, which has to be over. */
export function digesting(body: Extract<ObjectBody, { kind: 'stream' }>) {
  let latest = createHash('sha256')
  const sent: ObjectBody = {
    ...body,
    async *open() {
      const hash = createHash('sha256')
      latest = hash
      for await (const piece of body.open()) {
        hash.update(piece)
        yield piece
      }
    },
  }
  return { sent, sha256: () => latest.copy().digest('hex') }
}

async function digestOf(body: ObjectBody): Promise<string> {
  const hash = createHash('sha256')
  // A made segment may have a part for each of its samples.
  if (body.kind === 'bytes') for (const part of body.parts) hash.update(part)
  else for await (const piece of piecesOf(body)) hash.update(piece)
  return hash.digest('hex')
}
