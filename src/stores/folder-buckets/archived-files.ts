import { constants } from 'node:fs'
import { copyFile, stat } from 'node:fs/promises'
import { LostMedia } from '../../model/lost-media.ts'
import { type ObjectBody, piecesOf } from '../object-body.ts'
import { orLost } from '../proven-objects.ts'

/** Copies in the kernel, and shares the bytes where the file system can. */
const COPY_FAST = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE

/** Copies the file of a body. The copy is proven as it lies in the bucket. Throws LostMedia when the source is lost. */
export async function copyProven(body: ObjectBody, source: string, upload: string, signal: AbortSignal): Promise<void> {
  if (body.kind !== 'object') return
  const { object } = body
  await orLost(object.key, () => copyFile(source, upload, COPY_FAST))
  try {
    await prove({ ...body, object: { ...object, location: { kind: 'file', path: upload } } }, signal)
  } catch (error) {
    if (!(error instanceof LostMedia)) throw error
    await prove(body, signal)
    throw new Error(`the copy of ${object.key} has other bytes`, { cause: error })
  }
}

/** Reads a body, to throw LostMedia unless its bytes are as stored. */
export async function prove(body: ObjectBody, signal: AbortSignal): Promise<void> {
  for await (const _ of piecesOf(body)) signal.throwIfAborted()
}

/** Throws LostMedia unless a file is there and has the size of the body. */
export async function checkFile(body: ObjectBody, path: string): Promise<void> {
  const { key = path } = body.kind === 'object' ? body.object : {}
  const { size } = await orLost(key, () => stat(path))
  if (size !== body.size) throw new LostMedia(key, 'damaged')
}
