import type { OutgoingHttpHeaders } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { CORS_HEADERS } from '../responses.ts'
import type { ManifestText } from './worker-messages.ts'

const compress = promisify(gzip)

/** Shorter bodies are sent fastest as one string with their headers, longer ones as a buffer. */
const SHORT_BYTES = 64 * 1024

/** A manifest in one content coding, ready to be sent. */
export type EncodedManifest = {
  /** The body; in a string, each character is a byte. */
  readonly body: string | Buffer
  readonly etag: string
  readonly headers: OutgoingHttpHeaders
  readonly notModifiedHeaders: OutgoingHttpHeaders
}

/** Bytes of a cache entry besides its text: headers and keys. */
export const ENTRY_BYTES = 4096

/** A manifest in the forms that every viewer gets while it is current. */
export class CachedManifest {
  readonly plain: EncodedManifest
  private readonly body: Buffer
  private readonly headers: OutgoingHttpHeaders
  private gzipping: Promise<EncodedManifest> | undefined

  constructor({ contentType, body, digest, lastSequence, lastUpdated }: ManifestText, maxAgeSeconds: number) {
    this.headers = {
      ...CORS_HEADERS,
      'Cache-Control': `max-age=${maxAgeSeconds}`,
      Vary: 'Accept-Encoding',
      'X-MediaPackage-Manifest-Last-Sequence': lastSequence,
      'X-MediaPackage-Manifest-Last-Updated': lastUpdated,
      'Content-Type': contentType,
    }
    this.body = Buffer.from(body.buffer, body.byteOffset, body.length)
    this.plain = this.represent(this.body, digest.slice(0, 27))
  }

  /** Memory it takes in bytes, including its compressed form. */
  get cost(): number {
    return 2 * this.body.length
  }

  /** The manifest in gzip, compressed on the first call only. */
  gzipped(): Promise<EncodedManifest> {
    this.gzipping ??= compress(this.body).then((body) =>
      this.represent(body, `${this.plain.etag.slice(1, -1)}-gzip`, { 'Content-Encoding': 'gzip' }),
    )
    return this.gzipping
  }

  private represent(body: Buffer, tag: string, coding: OutgoingHttpHeaders = {}): EncodedManifest {
    // Frozen, they are written once for all who get them.
    const notModifiedHeaders = Object.freeze({ ...this.headers, ETag: `"${tag}"` })
    const headers = Object.freeze({ ...notModifiedHeaders, ...coding, 'Content-Length': body.length })
    const sent = body.length <= SHORT_BYTES ? body.toString('latin1') : body
    return { body: sent, etag: `"${tag}"`, headers, notModifiedHeaders }
  }
}
