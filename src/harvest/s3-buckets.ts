import type { S3Client } from '@aws-sdk/client-s3'
import { bodyStream } from './body-stream.ts'
import { type Bucket, BucketRefused, type Buckets, type ObjectBody, type PutCondition } from './bucket.ts'
import { inLanes } from './lanes.ts'
import { checkBucketName, keySegments } from './object-name.ts'
import { bucketRefusal } from './s3-errors.ts'

export type S3BucketsOptions = {
  /** Absent: AWS's own for the region. */
  readonly endpoint?: string
  readonly region: string
  readonly forcePathStyle: boolean
  /** Absent: where AWS SDKs look for them. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Connections in all; more requests than that wait their turn. */
  readonly maxConnections: number
}

const CONNECT_TIMEOUT_MS = 5_000
/** Silence on a connection that is in use. */
const IDLE_TIMEOUT_MS = 60_000
/** By the SDK itself, and only of requests whose body it can send again: small ones. */
const MAX_ATTEMPTS = 3
/** Up to this a body is signed as a whole; above it streams unsigned, in constant memory. */
const MAX_SIGNED_BYTES = 1 << 20
const REMOVALS_AT_ONCE = 8
/** What goes wrong is told by our own errors; the SDK would write to the console. */
const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

type Sdk = typeof import('@aws-sdk/client-s3')

/** Buckets of an S3 API: AWS or any server that speaks it. */
export function s3Buckets(options: S3BucketsOptions): Buckets {
  const host = options.endpoint ? new URL(options.endpoint).host : `S3 in ${options.region}`
  let connecting: ReturnType<typeof connect> | undefined
  return {
    async open({ bucketName }, signal) {
      checkBucketName(bucketName)
      connecting ??= connect(options)
      const bucket = new S3Bucket(await connecting, bucketName, host)
      await bucket.find(signal)
      return bucket
    },
    async close() {
      const { client } = (await connecting) ?? {}
      client?.destroy()
    },
  }
}

/** The SDK takes a tenth of a second and 70 MB to load: only those who harvest to S3 pay for it. */
async function connect(options: S3BucketsOptions): Promise<{ sdk: Sdk; client: S3Client }> {
  const sdk = await import('@aws-sdk/client-s3')
  const agent = { keepAlive: true, maxSockets: options.maxConnections }
  const client = new sdk.S3Client({
    region: options.region,
    forcePathStyle: options.forcePathStyle,
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    retryMode: 'standard',
    maxAttempts: MAX_ATTEMPTS,
    // Checksum trailers are AWS's own: a server that only speaks S3 may store them as part of the object.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // The bucket has answered before anything big is sent; a server that ignores Expect would cost seconds each time.
    expectContinueHeader: false,
    logger: SILENT,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: IDLE_TIMEOUT_MS,
      httpAgent: agent,
      httpsAgent: agent,
      logger: SILENT,
    },
  })
  return { sdk, client }
}

class S3Bucket implements Bucket {
  private readonly sdk: Sdk
  private readonly client: S3Client
  private readonly name: string
  private readonly host: string
  /** Until it says that it does not. */
  private knowsConditions = true

  constructor({ sdk, client }: { sdk: Sdk; client: S3Client }, name: string, host: string) {
    this.sdk = sdk
    this.client = client
    this.name = name
    this.host = host
  }

  /** Asks for the bucket's location: the answer, unlike one to HEAD, says what is wrong. */
  async find(signal: AbortSignal): Promise<void> {
    try {
      await this.client.send(new this.sdk.GetBucketLocationCommand({ Bucket: this.name }), { abortSignal: signal })
    } catch (error) {
      const refusal = this.inWords(error, signal)
      // Credentials may be allowed to write and not to ask, and servers may not know the question: a put will tell.
      const isVerdict = !(refusal instanceof BucketRefused && ['AccessDenied', 'Refused'].includes(refusal.code))
      if (isVerdict) throw refusal
    }
  }

  async put(key: string, body: ObjectBody, signal: AbortSignal, condition?: PutCondition): Promise<void> {
    keySegments(key)
    const conditions = condition && this.knowsConditions ? headersOf(condition) : {}
    try {
      const isSmall = body.kind === 'bytes' && body.size <= MAX_SIGNED_BYTES
      if (isSmall) await this.send(key, body, Buffer.concat(body.parts), signal, conditions)
      else await this.stream(key, body, signal)
    } catch (error) {
      if (!(condition && this.knowsConditions && isNotImplemented(error))) throw error
      this.knowsConditions = false
      await this.put(key, body, signal)
    }
  }

  async tagOf(key: string, signal: AbortSignal): Promise<string | null | undefined> {
    keySegments(key)
    try {
      const head = new this.sdk.HeadObjectCommand({ Bucket: this.name, Key: key })
      return (await this.client.send(head, { abortSignal: signal })).ETag
    } catch (error) {
      if (statusOf(error) === 404) return null
      const refusal = this.inWords(error, signal)
      // Whoever may write need not be allowed to look.
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
      if (statusOf(error) === 404) return false
      throw this.inWords(error, signal)
    }
  }

  async remove(keys: readonly string[], signal: AbortSignal): Promise<void> {
    for (const key of keys) keySegments(key)
    await inLanes(keys, REMOVALS_AT_ONCE, signal, async (key, laneSignal) => {
      const remove = new this.sdk.DeleteObjectCommand({ Bucket: this.name, Key: key })
      await this.client.send(remove, { abortSignal: laneSignal }).catch((error: unknown) => {
        if (statusOf(error) !== 404) throw this.inWords(error, laneSignal)
      })
    })
  }

  /** An object is durable when S3 has answered. */
  async flush(): Promise<void> {}

  private async stream(key: string, body: ObjectBody, signal: AbortSignal): Promise<void> {
    const stream = bodyStream(body)
    const broken = new AbortController()
    // The SDK does not look at errors of the stream it sends, and would wait for bytes that never come.
    stream.on('error', (error) => broken.abort(error))
    try {
      await this.send(key, body, stream, AbortSignal.any([signal, broken.signal]))
    } catch (error) {
      throw broken.signal.aborted ? broken.signal.reason : error
    } finally {
      stream.destroy()
    }
  }

  private async send(
    key: string,
    { contentType, size }: ObjectBody,
    content: Buffer | ReturnType<typeof bodyStream>,
    signal: AbortSignal,
    conditions: { readonly IfMatch?: string; readonly IfNoneMatch?: string } = {},
  ): Promise<void> {
    const about = { Bucket: this.name, Key: key, ContentType: contentType, ContentLength: size }
    const object = { ...about, Body: content, ...conditions }
    try {
      await this.client.send(new this.sdk.PutObjectCommand(object), { abortSignal: signal })
    } catch (error) {
      throw this.inWords(error, signal)
    }
  }

  private inWords(error: unknown, signal: AbortSignal): unknown {
    return signal.aborted ? error : (bucketRefusal(error, this.name, this.host) ?? error)
  }
}

const headersOf = ({ replaces }: PutCondition) => (replaces === null ? { IfNoneMatch: '*' } : { IfMatch: replaces })

const statusOf = (error: unknown): number | undefined =>
  (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode

const isNotImplemented = (error: unknown): boolean => error instanceof BucketRefused && statusOf(error.cause) === 501
