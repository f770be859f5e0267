import { NotAwsAnswer } from '../../sdk-answers.ts'
import { checkObjectKey, folderOfPrefix, isObjectKey } from '../object-key.ts'
import { checkBucketName } from '../object-name.ts'
import type { Objects } from '../objects.ts'
import type { UnfinishedObjects } from '../staged-objects.ts'
import { connect, hostOf, type S3ConnectionOptions } from './connection.ts'
import type { PartMemory } from './held-part.ts'
import { ObjectRequests } from './object-requests.ts'
import { S3ObjectStream } from './object-stream.ts'
import { S3ObjectWriter } from './object-writer.ts'
import { PartBuffers } from './part-buffers.ts'
import { Removals } from './removals.ts'
import { UnfinishedUploads } from './unfinished-uploads.ts'

/** Memory for parts on their way from a temporary file to S3. */
export const MOST_SENDING_BYTES = 32 << 20
/** Keys in a page of a listing; S3 gives up to 1000, which take longer to read than others should wait. */
const PAGE = 250
const PERMISSIONS =
  's3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload, s3:ListBucket and s3:ListBucketMultipartUploads'

export type S3ObjectsOptions = S3ConnectionOptions & {
  readonly bucket: string
  /** Keys of the archive follow it, after a slash; '' for a bucket that holds nothing else. */
  readonly prefix: string
  /** The role to be assumed, where `role` says how. */
  readonly roleArn?: string
  /** Time for one request, in milliseconds, until it is answered, with all tries. */
  readonly requestTimeoutMs: number
  /** Memory for objects being received and sent; beyond it, they are collected in temporary files. */
  readonly maxHeldBytes: number
  /** Folder of those files. */
  readonly temporaryFolder: string
}

export type S3Objects = Objects &
  UnfinishedObjects & {
    /** Resolves when the bucket answers and may be listed; rejects with ObjectsUnavailable. */
    check(): Promise<void>
    close(): void
  }

/**
 * Objects of the archive in a bucket of AWS S3 or of any compatible server, under `<prefix>/<key>`. The prefix must be
 * the archive's alone. Nothing is asked of the server here; every call rejects with ObjectsUnavailable while it does
 * not answer, or the bucket or the permissions are missing.
 *
 * S3 divides a bucket by ranges of keys as requests become more than one division serves (3,500 writes and 5,500 reads
 * a second), and answers 503 for a while until it has. Keys begin with the random GUID of their channel, so the load of
 * all channels is spread over the divisions evenly, and one channel, with some ten objects a second, never needs more
 * than one. The hour after the GUID keeps an hour of a channel together for listings.
 *
 * Reads and writes have connections of their own, `maxConnections` of each, so that slow readers keep no encoder
 * waiting.
 */
export async function openS3Objects(options: S3ObjectsOptions): Promise<S3Objects> {
  const { bucket, prefix, region, roleArn = '', requestTimeoutMs } = options
  checkBucketName(bucket)
  if (prefix !== '') checkObjectKey(prefix)
  const root = prefix === '' ? '' : `${prefix}/`
  const place = { bucket, host: hostOf(options), region, permissions: PERMISSIONS }
  const connectTo = async () => {
    const agent = { keepAlive: true, maxSockets: options.maxConnections }
    return new ObjectRequests(await connect(options, agent, roleArn), place, requestTimeoutMs)
  }
  const [reads, writes] = [await connectTo(), await connectTo()]
  const removals = new Removals(writes)
  const unfinished = new UnfinishedUploads(writes)
  const memory: PartMemory = {
    collecting: new PartBuffers(options.maxHeldBytes),
    sending: new PartBuffers(MOST_SENDING_BYTES),
    folder: options.temporaryFolder,
  }

  const pathOf = (key: string) => {
    checkObjectKey(key)
    return root + key
  }
  const placeOf = (key: string) => ({ requests: reads, path: pathOf(key), key })

  /** A page of the listing of a prefix, after a key. */
  const pageAfter = (Prefix: string, StartAfter: string | undefined, MaxKeys: number) =>
    reads.ask(async (requestOptions) => {
      const { sdk, client } = reads.connection
      const list = new sdk.ListObjectsV2Command({
        Bucket: bucket,
        Prefix,
        MaxKeys,
        ...(StartAfter !== undefined && { StartAfter }),
      })
      const { Name, Contents = [], IsTruncated = false } = await client.send(list, requestOptions)
      if (Name !== bucket) throw new NotAwsAnswer('the answer is not the listing of the bucket')
      const paths = Contents.map(({ Key = '' }) => Key)
      const last = paths.at(-1)
      const isStuck = last === undefined ? IsTruncated : StartAfter !== undefined && !isAfter(last, StartAfter)
      if (isStuck) throw new NotAwsAnswer('the listing does not go on')
      return { paths, next: IsTruncated ? last : undefined }
    })

  return {
    async create(key) {
      return new S3ObjectWriter(writes, memory, pathOf(key))
    },

    async read(key, range) {
      const stream = await S3ObjectStream.open(placeOf(key), range)
      const bytes = Buffer.allocUnsafeSlow(stream?.left ?? 0)
      let done = 0
      for await (const chunk of stream ?? []) {
        bytes.set(chunk, done)
        done += chunk.length
      }
      return bytes
    },

    async open(key, range) {
      return (await S3ObjectStream.open(placeOf(key), range)) ?? new Uint8Array()
    },

    location: (key) => ({ kind: 's3', host: place.host, bucket, key: pathOf(key) }),

    async remove(key) {
      await removals.remove(pathOf(key))
    },

    async *list(keyPrefix) {
      folderOfPrefix(keyPrefix)
      let next: string | undefined
      do {
        const page = await pageAfter(root + keyPrefix, next, PAGE)
        for (const path of page.paths) {
          const key = path.slice(root.length)
          if (path.startsWith(root) && isObjectKey(key)) yield key
        }
        next = page.next
      } while (next !== undefined)
    },

    async removeUnfinished(abandoned) {
      let removed = 0
      for await (const uploads of unfinished.pages(root)) {
        const paths = new Set(uploads.map(({ path }) => path))
        const keys = [...paths].map((path) => path.slice(root.length)).filter(isObjectKey)
        const gone = new Set(keys.length > 0 ? await abandoned(keys) : [])
        for (const upload of uploads) {
          if (!upload.path.startsWith(root) || !gone.has(upload.path.slice(root.length))) continue
          await unfinished.abort(upload)
          removed++
        }
      }
      return removed
    },

    async check() {
      await pageAfter(root, undefined, 1)
    },

    close() {
      for (const { connection } of [reads, writes]) connection.client.destroy()
    },
  }
}

/** S3 lists keys in the order of their bytes. */
function isAfter(path: string, other: string): boolean {
  return Buffer.compare(Buffer.from(path), Buffer.from(other)) > 0
}
