import { type FileHandle, open } from 'node:fs/promises'
import { appendAll } from '../append-all.ts'
import { type ObjectBody, piecesOf } from '../object-body.ts'

/** Objects are replaced, never changed; a linked object shares its bytes with the archive. */
export const READ_ONLY = 0o444
/** Parts of a body in one call of the system, which takes no more (IOV_MAX). */
const PARTS_AT_ONCE = 1024

/** Writes a body to a new file, which it leaves open. Memory: one piece of the body. */
export async function writeNew(upload: string, body: ObjectBody, signal: AbortSignal): Promise<FileHandle> {
  const file = await open(upload, 'wx', READ_ONLY)
  try {
    if (body.kind === 'bytes') await appendParts(file, body.parts, signal)
    else {
      for await (const piece of piecesOf(body)) {
        signal.throwIfAborted()
        await file.writeFile(piece)
      }
    }
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Writes parts as they are: a made segment is not copied into one piece. */
async function appendParts(file: FileHandle, parts: readonly Uint8Array[], signal: AbortSignal): Promise<void> {
  for (let at = 0; at < parts.length; at += PARTS_AT_ONCE) {
    signal.throwIfAborted()
    await appendAll(file, parts.slice(at, at + PARTS_AT_ONCE))
  }
}
