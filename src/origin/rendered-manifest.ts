import { createHash } from 'node:crypto'
import type { OutgoingHttpHeaders } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { ArchiveWindow } from '../model/output-segment.ts'
import type { TextBody } from '../packaging/output-format.ts'
import { CORS_HEADERS } from './answers.ts'

const compress = promisify(gzip)

/** A manifest in one content coding, ready to be sent. */
export type Representation = {
  /** A character a byte: a short answer goes out fastest as one string with its headers. */
  readonly text: string
  readonly etag: string
  readonly headers: OutgoingHttpHeaders
  readonly notModifiedHeaders: OutgoingHttpHeaders
}

/** A manifest as every viewer gets it until the archive's version changes. */
export class RenderedManifest {
  readonly version: number
  readonly plain: Representation
  readonly #body: Buffer
  readonly #headers: OutgoingHttpHeaders
  #gzipped: Promise<Representation> | undefined

  constructor(manifest: TextBody, window: ArchiveWindow, maxAgeSeconds: number) {
    const last = window.segments.at(-1)
    this.version = window.version
    this.#headers = {
      ...CORS_HEADERS,
      'Cache-Control': `max-age=${maxAgeSeconds}`,
      Vary: 'Accept-Encoding',
      ...(last && {
        'X-MediaPackage-Manifest-Last-Sequence': manifest.lastSequence ?? last.number,
        'X-MediaPackage-Manifest-Last-Updated': last.sealedAt,
      }),
      'Content-Type': manifest.contentType,
    }
    this.#body = Buffer.from(manifest.text)
    this.plain = this.#represent(this.#body, createHash('sha256').update(this.#body).digest('base64url').slice(0, 27))
  }

  /** Compressed once, for whoever asks first. */
  gzipped(): Promise<Representation> {
    this.#gzipped ??= compress(this.#body).then((body) =>
      this.#represent(body, `${this.plain.etag.slice(1, -1)}-gzip`, { 'Content-Encoding': 'gzip' }),
    )
    return this.#gzipped
  }

  #represent(body: Buffer, tag: string, coding: OutgoingHttpHeaders = {}): Representation {
    const notModifiedHeaders = { ...this.#headers, ETag: `"${tag}"` }
    const headers = { ...notModifiedHeaders, ...coding, 'Content-Length': body.length }
    return { text: body.toString('latin1'), etag: `"${tag}"`, headers, notModifiedHeaders }
  }
}
