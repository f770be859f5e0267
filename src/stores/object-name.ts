import { BucketRefused } from './buckets.ts'

/** S3's limit on the length of a key; file systems limit each of its segments. */
const MAX_KEY_BYTES = 1024
const MAX_SEGMENT_BYTES = 255

/** Checks that a bucket's name can be the name of a folder and part of a URL. Throws BucketRefused. */
export function checkBucketName(name: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$/.test(name)) {
    throw new BucketRefused('InvalidName', `${JSON.stringify(name)} is not a valid bucket name.`)
  }
}

/**
 * The segments of an object's key. Keys derive from what a client wrote, so nothing about them is trusted. Throws
 * BucketRefused.
 */
export function keySegments(key: string): readonly string[] {
  const refuse = (why: string): never => {
    throw new BucketRefused('InvalidName', `The object name ${JSON.stringify(key)} cannot be used: ${why}.`)
  }
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) refuse(`it is longer than ${MAX_KEY_BYTES} bytes`)
  if (/\p{Cc}/u.test(key) || !key.isWellFormed()) refuse('it contains control characters or broken Unicode')
  const segments = key.split('/')
  for (const segment of segments) {
    if (segment === '' || segment === '.' || segment === '..') refuse('it has an empty, "." or ".." segment')
    if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) refuse(`a segment is longer than ${MAX_SEGMENT_BYTES} bytes`)
  }
  return segments
}
