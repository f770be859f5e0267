import type { ListObjectsV2CommandOutput, S3Client } from '@aws-sdk/client-s3'
import { utcMs } from '../../media/time.ts'
import { NotAwsAnswer } from '../../sdk-answers.ts'
import {
  type BucketLevel,
  BucketRefused,
  type LevelRequest,
  type ListedObject,
  MOST_LISTED,
  type ReadableBucket,
  type StoredObject,
  type TemporaryUrl,
} from '../buckets.ts'
import { keySegments } from '../object-name.ts'
import type { ByteRange, ObjectStream } from '../objects.ts'
import { answerStatus, bucketRefusal } from './errors.ts'
import type { ObjectRequests } from './object-requests.ts'
import { S3ObjectStream } from './object-stream.ts'
import { presignedUrl } from './presigned-url.ts'

const PREFIX_BYTES = 1024

/** A bucket of an S3 API, as it is looked into. */
export class S3ReadableBucket implements ReadableBucket {
  private readonly requests: ObjectRequests

  constructor(requests: ObjectRequests) {
    this.requests = requests
  }

  async list({ prefix, limit, after }: LevelRequest, signal: AbortSignal): Promise<BucketLevel> {
    if (Buffer.byteLength(prefix) > PREFIX_BYTES || /\p{Cc}/u.test(prefix) || !prefix.isWellFormed()) {
      throw new BucketRefused('InvalidName', `Nothing can begin with ${JSON.stringify(prefix.slice(0, 100))}.`)
    }
    const { bucket } = this.requests.place
    const answer = await this.ask(signal, (client, options) => {
      const { sdk } = this.requests.connection
      const list = new sdk.ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        Delimiter: '/',
        MaxKeys: Math.min(limit, MOST_LISTED),
        ...(after !== undefined && { ContinuationToken: after }),
      })
      return client.send(list, options)
    })
    if (answer.Name !== bucket) throw new NotAwsAnswer('the answer is not the listing of the bucket')
    return levelOf(answer, prefix)
  }

  async object(key: string, signal: AbortSignal): Promise<StoredObject | undefined> {
    keySegments(key)
    const { requests } = this
    const { sdk, client } = requests.connection
    const head = new sdk.HeadObjectCommand({ Bucket: requests.place.bucket, Key: key })
    const found = await this.ask(signal, async (_, options) => {
      try {
        return await client.send(head, options)
      } catch (error) {
        if (answerStatus(error) === 404) return undefined
        throw error
      }
    })
    if (!found) return undefined
    const { ContentLength: size, ETag: tag } = found
    if (size === undefined || tag === undefined) throw new NotAwsAnswer('the answer does not tell of the object')
    let stream: S3ObjectStream | undefined
    return {
      size,
      tag: tag.replaceAll('"', ''),
      async open(range: ByteRange): Promise<ObjectStream> {
        if (range.end <= range.start) return NOTHING
        stream = await S3ObjectStream.open({ requests, path: key, key }, range)
        if (!stream) throw new NotAwsAnswer('the object has become shorter')
        return stream
      },
      async close() {
        await stream?.close()
      },
    }
  }

  async temporaryUrl(key: string, url: TemporaryUrl): Promise<string> {
    keySegments(key)
    const { connection, place } = this.requests
    try {
      return await presignedUrl(connection, { Bucket: place.bucket, Key: key }, url)
    } catch (error) {
      // Of the credentials: nothing else is asked.
      throw bucketRefusal(error, place) ?? error
    }
  }

  /** Asks, within a time; what the bucket refuses is rethrown as BucketRefused, and what takes too long. */
  private async ask<T>(
    signal: AbortSignal,
    work: (client: S3Client, options: { readonly abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const { requests } = this
    try {
      return await requests.ask((options) => work(requests.connection.client, options), signal)
    } catch (error) {
      // The store of an archive has no such answer; a bucket has, and says why.
      const { cause } = error as Error
      throw cause instanceof BucketRefused ? cause : error
    }
  }
}

const NOTHING: ObjectStream = {
  async *[Symbol.asyncIterator]() {},
  async close() {},
}

function levelOf(answer: ListObjectsV2CommandOutput, prefix: string): BucketLevel {
  const { CommonPrefixes = [], Contents = [], IsTruncated = false, NextContinuationToken: next } = answer
  const folders = CommonPrefixes.flatMap(({ Prefix }) => (Prefix === undefined ? [] : [Prefix]))
  const objects = Contents.flatMap(({ Key, Size, LastModified }): ListedObject[] => {
    // Some programs mark a folder by an object with its name.
    if (Key === undefined || Key === prefix) return []
    return [{ key: Key, size: Size ?? 0, modifiedAt: utcMs(LastModified?.getTime() ?? 0) }]
  })
  if (![...folders, ...objects.map(({ key }) => key)].every((key) => key.startsWith(prefix))) {
    throw new NotAwsAnswer('the listing has what was not asked for')
  }
  if (IsTruncated && next === undefined) throw new NotAwsAnswer('the listing does not go on')
  return { folders, objects, ...(IsTruncated && next !== undefined && { next }) }
}
