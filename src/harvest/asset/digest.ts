import { createHash } from 'node:crypto'
import { type ObjectBody, piecesOf } from '../../stores/object-body.ts'

/** Adds the SHA-256 of a body, reading the body only when its hash is unknown. */
export async function digested(body: ObjectBody): Promise<ObjectBody & { readonly sha256: string }> {
  return { ...body, sha256: body.sha256 ?? (await digestOf(body)) }
}

/**
 * A body whose SHA-256 becomes known when it has been read to its end: what is made of several objects is neither read
 * nor made twice for its hash.
 */
export function digesting(body: ObjectBody): ObjectBody & { readonly sha256: string | undefined } {
  let sha256: string | undefined
  const { contentType, size } = body
  return {
    kind: 'stream',
    contentType,
    size,
    get sha256() {
      return sha256
    },
    async *open() {
      const hash = createHash('sha256')
      let left = size
      sha256 = undefined
      for await (const piece of piecesOf(body)) {
        hash.update(piece)
        left -= piece.length
        // Not after the last piece: who has it need not ask for more.
        if (left === 0) sha256 = hash.digest('hex')
        yield piece
      }
    },
  }
}

async function digestOf(body: ObjectBody): Promise<string> {
  const hash = createHash('sha256')
  // A made segment may have a part for each of its samples.
  if (body.kind === 'bytes') for (const part of body.parts) hash.update(part)
  else for await (const piece of piecesOf(body)) hash.update(piece)
  return hash.digest('hex')
}
