import { open } from 'node:fs/promises'
import type { StoredBytes } from '../model/source-segment.ts'
import { FileStream } from './file-stream.ts'
import type { ObjectLocation, ObjectStream } from './objects.ts'
import { orLost, provenPieces } from './proven-objects.ts'

/** An object of the archive whose bytes go into an object of a bucket, whole and unchanged. */
export type ArchivedObject = StoredBytes & {
  /** Where it lies, for buckets that can take it over from there. */
  readonly location?: ObjectLocation
  /** Opens the object for one reading. Throws LostMedia. */
  open(): Promise<Uint8Array | ObjectStream>
}

/**
 * The content of an object of a bucket: one object of the archive, or several of them in a row, which a bucket may take
 * over where they are; bytes in memory; or a stream, which can be opened again and again and gives
 * the same bytes each time, each piece valid until the next is requested.
 */
export type ObjectBody = {
  readonly contentType: string
  /** Total bytes; a put with more or fewer is refused. */
  readonly size: number
  /** SHA-256 of all the bytes, hexadecimal; absent while unknown, which may be until they have been read. */
  readonly sha256?: string | undefined
} & (
  | { readonly kind: 'object'; readonly object: ArchivedObject }
  | { readonly kind: 'objects'; readonly objects: readonly ArchivedObject[] }
  | { readonly kind: 'bytes'; readonly parts: readonly Uint8Array[] }
  | { readonly kind: 'stream'; open(): AsyncIterable<Uint8Array> }
)

/**
 * Reads a body piece by piece; each piece is valid until the next is requested. Memory: one piece, of at most 512 KiB
 * for a file or a cold object. Throws when there are more or fewer bytes than the body's size, and LostMedia before the
 * last piece of an object of the archive whose bytes are not as stored.
 */
export async function* piecesOf(body: ObjectBody): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const piece of sourceOf(body)) {
    size += piece.length
    if (size > body.size) break
    yield piece
  }
  if (size !== body.size) throw new Error(`read ${size} bytes of an object that has ${body.size}`)
}

function sourceOf(body: ObjectBody): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  switch (body.kind) {
    case 'object':
      return piecesOfObjects([body.object])
    case 'objects':
      return piecesOfObjects(body.objects)
    case 'bytes':
      return body.parts
    case 'stream':
      return body.open()
  }
}

async function* piecesOfObjects(objects: readonly ArchivedObject[]): AsyncGenerator<Uint8Array> {
  for (const object of objects) {
    const { key } = object
    const file = fileOf(object)
    const opened = await (file === undefined ? object.open() : orLost(key, () => openFile(file)))
    if (opened instanceof Uint8Array) {
      yield opened
      continue
    }
    try {
      yield* file === undefined ? opened : provenPieces(object, opened)
    } finally {
      await opened.close()
    }
  }
}

/** The local file that holds an object, if one does. */
export function fileOf({ location }: ArchivedObject): string | undefined {
  return location?.kind === 'file' ? location.path : undefined
}

async function openFile(path: string): Promise<ObjectStream> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    return new FileStream(file, path, { start: 0, end: size })
  } catch (error) {
    await file.close()
    throw error
  }
}
