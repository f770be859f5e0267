import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { StoredBytes } from '../../model/source-segment.ts'
import { NotAwsAnswer } from '../../sdk-answers.ts'

/** Bytes hashed at a time, about two milliseconds; then other work of the event loop runs. */
const HASHED_AT_ONCE = 1 << 20
const MD5 = /^"?([0-9a-f]{32})"?$/i

/** Thrown when a server has acknowledged other bytes than were sent. A retry may succeed. */
export class BadDigest extends Error {
  override readonly name = 'BadDigest'
}

/** What S3 answers to an object or a part that it has stored. */
export type PutAnswer = {
  readonly ETag?: string | undefined
  readonly ChecksumCRC32?: string | undefined
  readonly ChecksumSHA256?: string | undefined
  readonly ServerSideEncryption?: string | undefined
  readonly SSECustomerAlgorithm?: string | undefined
}

/** Digests of the bytes that were sent; that of MD5 is made when it is needed. */
type Digests = {
  /** Hexadecimal. */
  readonly sha256?: string | undefined
  /** Base64, as S3 writes it. */
  readonly crc32?: string
  md5(): Promise<string> | string
}

/**
 * Throws when an answer shows that other bytes were stored: by their SHA-256 or CRC-32, where the server states it,
 * otherwise by the entity tag, which is their MD5 unless the server encrypts with a key of its own or the client's. An
 * answer without an entity tag is not S3's. False when the answer is S3's, but tells nothing of the bytes.
 */
export async function provePut(answer: PutAnswer, { sha256, crc32, md5 }: Digests): Promise<boolean> {
  const { ETag, ChecksumSHA256, ChecksumCRC32 } = answer
  if (ETag === undefined) throw new NotAwsAnswer('the answer to an object has no entity tag')
  if (ChecksumSHA256 !== undefined && sha256 !== undefined) {
    if (Buffer.from(ChecksumSHA256, 'base64').toString('hex') === sha256) return true
    throw new BadDigest('the SHA-256 of the stored object is another')
  }
  if (ChecksumCRC32 !== undefined && crc32 !== undefined) {
    if (ChecksumCRC32 === crc32) return true
    throw new BadDigest('the CRC-32 of the stored object is another')
  }
  const stored = md5In(answer, ETag)
  if (stored === undefined) return false
  if (stored !== (await md5())) throw new BadDigest('the MD5 of the stored object is another')
  return true
}

/** What S3 answers to a copy that it has made. */
export type CopyAnswer = Omit<PutAnswer, 'ChecksumSHA256'>

/**
 * Throws when an answer shows that something else was copied than an object that the archive knows: by its CRC-32,
 * where the server states it, otherwise by the entity tag, which a copy has in common with what was put in one request.
 * An answer without an entity tag is not S3's. False when the answer is S3's, but tells nothing of the bytes.
 */
export function proveCopy(answer: CopyAnswer, { crc32, tag }: Pick<StoredBytes, 'crc32' | 'tag'>): boolean {
  const { ETag, ChecksumCRC32 } = answer
  if (ETag === undefined) throw new NotAwsAnswer('the answer to a copy has no entity tag')
  // Of checksums of parts, S3 tells how many there are.
  if (ChecksumCRC32 !== undefined && !ChecksumCRC32.includes('-')) {
    if (ChecksumCRC32 === crc32Text(crc32)) return true
    throw new BadDigest('the CRC-32 of the copy is another')
  }
  const [copied, known] = [md5In(answer, ETag), md5In({}, tag ?? '')]
  if (copied === undefined || known === undefined) return false
  if (copied === known) return true
  throw new BadDigest('the MD5 of the copy is another')
}

/** A CRC-32 in base64, as S3 writes it. */
export function crc32Text(crc32: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32)
  return bytes.toString('base64')
}

/** The MD5 of the bytes where an entity tag is that: unless the server encrypts with a key of its or the client's. */
function md5In({ ServerSideEncryption = '', SSECustomerAlgorithm }: PutAnswer, tag: string): string | undefined {
  if (ServerSideEncryption.startsWith('aws:kms') || SSECustomerAlgorithm !== undefined) return undefined
  return MD5.exec(tag)?.[1]?.toLowerCase()
}

export async function md5Of(bytes: Uint8Array): Promise<string> {
  const hash = createHash('md5')
  for (let at = 0; at < bytes.length; at += HASHED_AT_ONCE) {
    if (at > 0) await setImmediate()
    hash.update(bytes.subarray(at, at + HASHED_AT_ONCE))
  }
  return hash.digest('hex')
}
