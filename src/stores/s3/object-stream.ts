import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { pauseAfter } from '../../concurrency/retry.ts'
import { NotAwsAnswer } from '../../sdk-answers.ts'
import { type ByteRange, cut, NoSuchObject, type ObjectStream } from '../objects.ts'
import { answerStatus } from './errors.ts'
import type { ObjectRequests } from './object-requests.ts'

/** Pauses before a body that broke off is asked for again, in milliseconds, as long as nothing more comes of it. */
const BROKEN_PAUSES_MS = [50, 200, 1_000]

/** An object of the archive, and its key in the bucket. */
export type ObjectPlace = { readonly requests: ObjectRequests; readonly path: string; readonly key: string }

/** The body of an answer: the bytes of an object from `start` up to but not including `end`. */
type Body = ByteRange & { readonly stream: Readable }

/** Thrown for a body that ended before its end. */
class BrokenOff extends Error {
  override readonly name = 'BrokenOff'
  readonly code = 'EndedEarly'
}

/**
 * A range of an object as it comes from S3, in chunks of the network, of at most 64 KiB. A body that breaks off or
 * stalls is continued by another request, from where it broke; so is one whose reader has paused until its connection
 * was closed. Whether the bytes are right is for the reader to prove: S3 states no checksum of a range.
 */
export class S3ObjectStream implements ObjectStream {
  private readonly place: ObjectPlace
  private readonly stop: AbortController
  private body: Body | undefined
  private position: number
  private readonly end: number

  private constructor(place: ObjectPlace, body: Body, stop: AbortController) {
    this.place = place
    this.stop = stop
    this.body = body
    this.position = body.start
    this.end = body.end
  }

  /** Undefined when the object has nothing of the range. Rejects with NoSuchObject. */
  static async open(place: ObjectPlace, range?: ByteRange): Promise<S3ObjectStream | undefined> {
    const stop = new AbortController()
    const body = await getBody(place, range, stop.signal)
    return body && new S3ObjectStream(place, body, stop)
  }

  /** The number of bytes that are still to come. */
  get left(): number {
    return this.end - this.position
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    let failures = 0
    try {
      while (this.left > 0) {
        this.body ??= await this.continued()
        const before = this.position
        try {
          yield* this.chunksOf(this.body.stream)
          if (this.left > 0) throw new BrokenOff(`an object of ${this.end} bytes broke off at ${this.position}`)
        } catch (error) {
          failures = this.position > before ? 1 : failures + 1
          this.letGo()
          const isLast = this.stop.signal.aborted || failures > BROKEN_PAUSES_MS.length
          if (isLast) throw this.place.requests.failure(error)
          await sleep(pauseAfter(BROKEN_PAUSES_MS, failures), undefined, { signal: this.stop.signal })
        }
      }
    } finally {
      this.letGo()
    }
  }

  async close(): Promise<void> {
    this.stop.abort()
    this.letGo()
  }

  /** To the end of the body, so that its connection serves again. */
  private async *chunksOf(stream: Readable): AsyncGenerator<Uint8Array> {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      const wanted = chunk.subarray(0, this.left)
      this.position += wanted.length
      if (wanted.length > 0) yield wanted
      if (wanted.length < chunk.length) return
    }
  }

  private async continued(): Promise<Body> {
    const { position: start, end, place } = this
    const body = await getBody(place, { start, end }, this.stop.signal)
    if (body?.end === end) return body
    body?.stream.destroy()
    throw place.requests.failure(new NotAwsAnswer(`an object that had ${end} bytes has fewer`))
  }

  private letGo(): void {
    this.body?.stream.destroy()
    this.body = undefined
  }
}

/** Asks for an object, or for the part of a range that it has; undefined when that is nothing. */
async function getBody(
  { requests, path, key }: ObjectPlace,
  range: ByteRange | undefined,
  signal: AbortSignal,
): Promise<Body | undefined> {
  const { connection, place } = requests
  const get = new connection.sdk.GetObjectCommand({
    Bucket: place.bucket,
    Key: path,
    ...(range && { Range: headerOf(range) }),
  })
  return requests.ask(async (options) => {
    const answer = await connection.client.send(get, options).catch((error: unknown) => {
      if (isNamed(error, 404, 'NoSuchKey')) throw new NoSuchObject(key)
      if (isNamed(error, 416, 'InvalidRange')) return undefined
      throw error
    })
    return answer && bodyOf(answer, range)
  }, signal)
}

/** At least one byte, since there is no range of none. */
function headerOf({ start, end }: ByteRange): string {
  return `bytes=${start}-${Math.max(start, Math.min(end, Number.MAX_SAFE_INTEGER) - 1)}`
}

function bodyOf(answer: GetObjectCommandOutput, range: ByteRange | undefined): Body {
  const stream = answer.Body as Readable | undefined
  if (!stream) throw new NotAwsAnswer('the answer has no body')
  // One that fails while nobody reads it fails again when it is read.
  stream.on('error', () => {})
  const start = range?.start ?? 0
  const { first, size } = extentOf(answer)
  if (answer.ETag === undefined || size === undefined || first !== start) {
    stream.destroy()
    throw new NotAwsAnswer('the answer is not the object, or not the range, that was asked for')
  }
  return { stream, start, end: Math.max(start, cut(range, size).end) }
}

/** Where the body begins in the object, and the size of the object. */
function extentOf({ ContentRange, ContentLength }: GetObjectCommandOutput): { first: number; size?: number } {
  if (ContentRange === undefined) return { first: 0, ...(ContentLength !== undefined && { size: ContentLength }) }
  const [, first, size] = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15})$/.exec(ContentRange) ?? []
  return first === undefined || size === undefined ? { first: -1 } : { first: Number(first), size: Number(size) }
}

function isNamed(error: unknown, status: number, name: string): boolean {
  return answerStatus(error) === status && (error as Error).name === name
}
