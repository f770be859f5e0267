import { createHash } from 'node:crypto'
import { type ObjectBody, piecesOf } from '../../stores/object-body.ts'

/** Adds the SHA-256 of a body, reading the body only when its hash is unknown. */
export async function digested(body: ObjectBody): Promise<ObjectBody & { readonly sha256: string }> {
  return { ...body, sha256: body.sha256 ?? (await digestOf(body)) }
}

async function digestOf(body: ObjectBody): Promise<string> {
  const hash = createHash('sha256')
  // A made segment may have a part for each of its samples.
  if (body.kind === 'bytes') for (const part of body.parts) hash.update(part)
  else for await (const piece of piecesOf(body)) hash.update(piece)
  return hash.digest('hex')
}
