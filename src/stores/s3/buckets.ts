import { createHash } from 'node:crypto'
import type { HeadObjectOutput, S3Client } from '@aws-sdk/client-s3'
import { forEachConcurrent } from '../../concurrency/for-each-concurrent.ts'
import { bodyStream } from '../body-stream.ts'
import {
  type Bucket,
  BucketRefused,
  type Buckets,
  type PutCondition,
  type ReadableBuckets,
  type Taking,
} from '../buckets.ts'
import type { ObjectBody } from '../object-body.ts'
import { checkBucketName, keySegments } from '../object-name.ts'
import { BodyBuffers } from './body-buffers.ts'
import { type Connection, connect, hostOf, type S3ConnectionOptions, type Sdk } from './connection.ts'
import { Copies } from './copies.ts'
import { answerStatus, type BucketPlace, bucketRefusal } from './errors.ts'
import { putInParts } from './multipart.ts'
import { BadDigest, md5Of, provePut } from './proof.ts'
import { signWith, watchAnswers } from './put.ts'
import { readableS3Buckets } from './readable-buckets.ts'

/** Bodies up to this size are sent from memory; larger ones are streamed, which takes three times the CPU. */
const MAX_HELD_BYTES = 16 << 20
/** Memory kept for such bodies between objects. */
const MAX_KEPT_BYTES = 32 << 20
/** Larger objects are uploaded in parts, and so are those whose SHA-256 cannot be signed: a part's MD5 can. */
const MULTIPART_BYTES = 64 << 20
const REMOVALS_AT_ONCE = 8
const PERMISSIONS = 's3:PutObject and s3:GetBucketLocation'

type Conditions = { readonly IfMatch?: string; readonly IfNoneMatch?: string }

export type S3BucketsOptions = S3ConnectionOptions & {
  /** True has the server copy objects of an archive that is on the same S3 API. */
  readonly copies?: boolean
  /** True leaves copies as they are that the server does not prove; otherwise the objects are sent. */
  readonly copiesUnproven?: boolean
  /** Where the archive is, on the same S3 API: `BUCKET` or `BUCKET/PREFIX`. Nothing is written or deleted there. */
  readonly archive?: string | undefined
}

/** Buckets of an S3 API, that of AWS or of any compatible server. */
export function s3Buckets(options: S3BucketsOptions): Buckets & ReadableBuckets {
  const { region } = options
  const host = hostOf(options)
  const buffers = new BodyBuffers(MAX_KEPT_BYTES)
  const agent = { keepAlive: true, maxSockets: options.maxConnections }
  /** Connections by role; a single one when no role is assumed. */
  const connections = new Map<string, ReturnType<typeof connect>>()
  const readable = readableS3Buckets(options)
  return {
    ...readable,
    async open({ bucketName, manifestKey, roleArn }, signal) {
      checkBucketName(bucketName)
      const role = options.role ? roleArn : ''
      const connecting = connections.get(role) ?? connect(options, agent, role)
      connections.set(role, connecting)
      const place = { bucket: bucketName, host, region, permissions: PERMISSIONS }
      const bucket = new S3Bucket(await connecting, buffers, place, options)
      bucket.checkKey(manifestKey)
      await bucket.find(signal)
      return bucket
    },
    async close() {
      await readable.close()
      for (const { client } of await Promise.all(connections.values())) client.destroy()
    },
  }
}

class S3Bucket implements Bucket {
  readonly isRemote = true
  readonly sdk: Sdk
  readonly client: S3Client
  private readonly buffers: BodyBuffers
  private readonly name: string
  private readonly place: BucketPlace
  /** False once the server has shown that it does not support conditions. */
  private knowsConditions = true
  private readonly copies: Copies | undefined
  private readonly archive: string | undefined

  constructor(
    { sdk, client }: Connection,
    buffers: BodyBuffers,
    place: BucketPlace,
    { copies = false, copiesUnproven = false, archive }: S3BucketsOptions,
  ) {
    this.sdk = sdk
    this.client = client
    this.buffers = buffers
    this.name = place.bucket
    this.place = place
    this.archive = archive
    if (!copies) return
    this.copies = new Copies(this, place, {
      areUnproven: copiesUnproven,
      // Credentials that may write need not be allowed to delete.
      remove: (key, signal) => this.remove([key], signal).catch(() => {}),
      checkSize: (key, size, signal) => this.checkSize(key, size, signal),
    })
  }

  /** Throws BucketRefused for a key that cannot be used, or that is the archive's. */
  checkKey(key: string): void {
    keySegments(key)
    const { archive } = this
    if (archive === undefined || !`${this.name}/${key}`.startsWith(`${archive}/`)) return
    throw new BucketRefused('InvalidName', `Objects must not be below ${archive}/, where the archive is.`)
  }

  /** Asks for the bucket's location, since its response, unlike one to HEAD, states what is wrong. */
  async find(signal: AbortSignal): Promise<void> {
    try {
      await this.client.send(new this.sdk.GetBucketLocationCommand({ Bucket: this.name }), { abortSignal: signal })
    } catch (error) {
      // Assuming the role failed: the bucket was not asked yet.
      if (error instanceof BucketRefused) throw error
      const refusal = this.inWords(error, signal)
      // Credentials may be allowed to write but not to ask, and servers may not support the question: a put will
      // show.
      const isVerdict = !(refusal instanceof BucketRefused && ['AccessDenied', 'Refused'].includes(refusal.code))
      if (isVerdict) throw refusal
    }
  }

  async take(key: string, body: ObjectBody, signal: AbortSignal): Promise<Taking> {
    this.checkKey(key)
    return this.copies ? this.copies.take(key, body, signal) : { isTaken: false }
  }

  async put(key: string, body: ObjectBody, signal: AbortSignal, condition?: PutCondition): Promise<void> {
    this.checkKey(key)
    const conditions = condition && this.knowsConditions ? headersOf(condition) : {}
    try {
      await this.putWhere(conditions, key, body, signal)
    } catch (error) {
      if (!condition || !this.knowsConditions) throw error
      if (isNotImplemented(error)) {
        this.knowsConditions = false
        await this.put(key, body, signal)
      } else if (await this.isStill(condition, key, error, signal)) {
        // Ceph compares the ETag without its quotation marks, with the value as sent, including any marks.
        await this.putWhere({ IfMatch: condition.replaces?.replaceAll('"', '') ?? '' }, key, body, signal)
      } else throw error
    }
  }

  private async putWhere(conditions: Conditions, key: string, body: ObjectBody, signal: AbortSignal): Promise<void> {
    if (body.size <= MAX_HELD_BYTES) {
      await this.buffers.hold(body, (bytes, keep) => {
        const md5 = () => md5Of(bytes)
        return this.send(key, body, bytes, { signal, conditions, answeredEarly: keep, md5 })
      })
    } else if (body.size > MULTIPART_BYTES || body.sha256 === undefined) await this.inParts(key, body, signal)
    else await this.stream(key, body, signal)
  }

  /** Tells whether a put was refused although its condition holds. */
  private async isStill(
    { replaces }: PutCondition,
    key: string,
    error: unknown,
    signal: AbortSignal,
  ): Promise<boolean> {
    const isConflict = error instanceof BucketRefused && error.code === 'Conflict'
    return isConflict && replaces !== null && (await this.tagOf(key, signal)) === replaces
  }

  tagOf(key: string, signal: AbortSignal): Promise<string | null | undefined> {
    return this.look(key, signal, ({ ETag }) => ETag)
  }

  sizeOf(key: string, signal: AbortSignal): Promise<number | null | undefined> {
    return this.look(key, signal, ({ ContentLength }) => ContentLength)
  }

  /** What a server tells of an object, null when there is none; undefined when it does not tell. */
  private async look<T>(
    key: string,
    signal: AbortSignal,
    of: (head: HeadObjectOutput) => T,
  ): Promise<T | null | undefined> {
    keySegments(key)
    const head = new this.sdk.HeadObjectCommand({ Bucket: this.name, Key: key })
    try {
      return of(await this.client.send(head, { abortSignal: signal }))
    } catch (error) {
      if (answerStatus(error) === 404) return null
      const refusal = this.inWords(error, signal)
      // Credentials that may write need not be allowed to read.
      if (refusal instanceof BucketRefused && ['AccessDenied', 'Refused'].includes(refusal.code)) return undefined
      throw refusal
    }
  }

  async holds(key: string, body: ObjectBody, signal: AbortSignal): Promise<boolean> {
    const wanted = Buffer.concat(await bodyStream(body).toArray())
    try {
      const get = new this.sdk.GetObjectCommand({ Bucket: this.name, Key: key })
      const { Body, ContentLength } = await this.client.send(get, { abortSignal: signal })
      if (!Body) return false
      if (ContentLength === wanted.length) return wanted.equals(await Body.transformToByteArray())
      await Body.transformToWebStream().cancel()
      return false
    } catch (error) {
      if (answerStatus(error) === 404) return false
      throw this.inWords(error, signal)
    }
  }

  async remove(keys: readonly string[], signal: AbortSignal): Promise<void> {
    for (const key of keys) this.checkKey(key)
    await forEachConcurrent(keys, REMOVALS_AT_ONCE, signal, async (key, keySignal) => {
      const remove = new this.sdk.DeleteObjectCommand({ Bucket: this.name, Key: key })
      await this.client.send(remove, { abortSignal: keySignal }).catch((error: unknown) => {
        if (answerStatus(error) !== 404) throw this.inWords(error, keySignal)
      })
    })
  }

  /** Does nothing: an object is durable when S3 has answered. */
  async flush(): Promise<void> {}

  private async inParts(key: string, body: ObjectBody, signal: AbortSignal): Promise<void> {
    try {
      await putInParts(this, { Bucket: this.name, Key: key }, body, signal)
      await this.checkSize(key, body.size, signal)
    } catch (error) {
      throw this.inWords(error, signal)
    }
  }

  private async checkSize(key: string, wanted: number, signal: AbortSignal): Promise<void> {
    const size = await this.sizeOf(key, signal)
    if (size !== undefined && size !== wanted) throw new BadDigest(`the stored object has ${size} bytes`)
  }

  private async stream(key: string, body: ObjectBody, signal: AbortSignal): Promise<void> {
    const stream = bodyStream(body)
    const md5 = createHash('md5')
    stream.on('data', (chunk: Uint8Array) => md5.update(chunk)).pause()
    const broken = new AbortController()
    // The SDK ignores errors of the stream it sends, and would wait for bytes that never arrive.
    stream.on('error', (error) => broken.abort(error))
    try {
      const md5Sent = () => md5.digest('hex')
      await this.send(key, body, stream, { signal: AbortSignal.any([signal, broken.signal]), md5: md5Sent })
    } catch (error) {
      throw broken.signal.aborted ? broken.signal.reason : error
    } finally {
      stream.destroy()
    }
  }

  private async send(
    key: string,
    { contentType, size, sha256 }: ObjectBody,
    content: Buffer | ReturnType<typeof bodyStream>,
    options: {
      readonly signal: AbortSignal
      readonly conditions?: Conditions
      readonly answeredEarly?: () => void
      /** The MD5 of the bytes that were sent. */
      readonly md5: () => Promise<string> | string
    },
  ): Promise<void> {
    const { signal, conditions = {}, answeredEarly, md5 } = options
    const about = { Bucket: this.name, Key: key, ContentType: contentType, ContentLength: size }
    // A server that supports it checks this on arrival.
    const checksum = sha256 && { ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64') }
    const object = { ...about, Body: content, ...checksum, ...conditions }
    const put = new this.sdk.PutObjectCommand(object)
    if (sha256 !== undefined) signWith(put, sha256)
    if (answeredEarly) watchAnswers(put, answeredEarly)
    try {
      await provePut(await this.client.send(put, { abortSignal: signal }), { sha256, md5 })
    } catch (error) {
      throw this.inWords(error, signal)
    }
  }

  private inWords(error: unknown, signal: AbortSignal): unknown {
    return signal.aborted ? error : (bucketRefusal(error, this.place) ?? error)
  }
}

const headersOf = ({ replaces }: PutCondition) => (replaces === null ? { IfNoneMatch: '*' } : { IfMatch: replaces })

const isNotImplemented = (error: unknown): boolean =>
  error instanceof BucketRefused && answerStatus(error.cause) === 501
