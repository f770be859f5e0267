import type { OutgoingHttpHeaders } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { CORS_HEADERS } from '../responses.ts'
import type { ManifestText } from './worker-messages.ts'

const compress = promisify(gzip)

/** A short answer goes out fastest as one string with its headers, a long one as it is. */
const SHORT_BYTES = 64 * 1024

/** A manifest in one content coding, ready to be sent. */
export type EncodedManifest = {
  /** As a string, a character a byte. */
  readonly body: string | Buffer
  readonly etag: string
  readonly headers: OutgoingHttpHeaders
  readonly notModifiedHeaders: OutgoingHttpHeaders
}

/** A manifest as every viewer gets it while it holds. */
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

  /** Bytes it takes, with its compressed form. */
  get cost(): number {
    return 2 * this.body.length
  }

  /** Compressed once, for whoever asks first. */
  gzipped(): Promise<EncodedManifest> {
    this.gzipping ??= compress(this.body).then((body) =>
      this.represent(body, `${this.plain.etag.slice(1, -1)}-gzip`, { 'Content-Encoding': 'gzip' }),
    )
    return this.gzipping
  }

  private represent(body: Buffer, tag: string, coding: OutgoingHttpHeaders = {}): EncodedManifest {
    const notModifiedHeaders = { ...this.headers, ETag: `"${tag}"` }
    const headers = { ...notModifiedHeaders, ...coding, 'Content-Length': body.length }
    const sent = body.length <= SHORT_BYTES ? body.toString('latin1') : body
    return { body: sent, etag: `"${tag}"`, headers, notModifiedHeaders }
  }
}
