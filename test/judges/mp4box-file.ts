import assert from 'node:assert/strict'
import { createFile, type ISOFile, MP4BoxBuffer } from 'mp4box'

/** A file or segment as mp4box reads it; a problem that it notices fails the test. */
export function mp4boxFile(bytes: Uint8Array): ISOFile {
  const file = createFile()
  file.onError = (module, message) => assert.fail(`${module}: ${message}`)
  const buffer = new ArrayBuffer(bytes.length)
  new Uint8Array(buffer).set(bytes)
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(buffer, 0))
  file.flush()
  return file
}
