import type { OutgoingHttpHeaders } from 'node:http'
import { matchesNone, requestedPart } from '../http/request-headers.ts'
import { sendPieces } from '../http/send-pieces.ts'
import type { HarvestJob } from '../model/harvest-job.ts'
import { quoteValue } from '../model/rules.ts'
import { BucketRefused, type ReadableBucket, type StoredObject } from '../stores/buckets.ts'
import { ApiError } from './api-error.ts'
import type { BYTE_OPERATIONS } from './byte-operations.ts'
import type { ControlContext } from './control-context.ts'
import { existingHarvestJob } from './existing-harvest-job.ts'
import { fileTypeOf } from './file-types.ts'
import type { BytesResponse, OperationRequest } from './json-api.ts'
import type { InputsOf } from './typed-operation.ts'

/** Seconds for which a URL of S3 is good, to which a request is redirected. */
const URL_SECONDS = 300

/**
 * Headers of all files: a browser takes them for nothing but what their type says, and runs nothing of them, whatever
 * their bytes are.
 */
const HARMLESS = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; sandbox",
  'Cross-Origin-Resource-Policy': 'cross-origin',
}

/**
 * Gives the bytes of an object that a job has written: those of S3 by a redirection to a URL of its own, unless they
 * are asked for through this server. Throws ApiError, BucketRefused and StoreUnavailable.
 */
export async function harvestFile(
  context: Pick<ControlContext, 'resources' | 'clock' | 'buckets' | 'outgoing'>,
  { id, key, download, through }: InputsOf<typeof BYTE_OPERATIONS>['GetHarvestFile'],
  request: OperationRequest,
): Promise<BytesResponse> {
  const job = await existingHarvestJob(context, id)
  const [written] = isPlain(key) ? await context.resources.harvestObjectsNamed(id, [key]) : []
  if (!written) throw missing(job, key, 'has written no object')
  const { bucketName, roleArn } = job.s3Destination
  const bucket = await context.buckets.read({ bucketName, roleArn })
  const contentDisposition = download === '1' ? attachmentOf(key) : undefined
  // A URL is signed for a GET, so that a HEAD is answered here.
  if (bucket.temporaryUrl && through !== '1' && request.method === 'GET') {
    const asked = { seconds: URL_SECONDS, contentType: fileTypeOf(key), contentDisposition }
    const Location = await bucket.temporaryUrl(key, asked)
    return { status: 307, headers: { Location, 'Cache-Control': 'no-store', 'Content-Length': 0 }, send: undefined }
  }
  const object = await openedObject(bucket, key, request.signal)
  if (!object) throw missing(job, key, 'has written an object that is no more there,')
  if (object.size !== written.size) {
    await object.close()
    throw missing(job, key, 'has written an object that has been replaced since,')
  }
  return bytesOf(object, request, {
    outgoing: context.outgoing,
    headers: {
      ...HARMLESS,
      'Content-Type': fileTypeOf(key),
      ...(contentDisposition !== undefined && { 'Content-Disposition': contentDisposition }),
    },
  })
}

/** True for a key as jobs have them, none of which leads out of a bucket. */
function isPlain(key: string): boolean {
  return (
    !/\p{Cc}/u.test(key) && !key.split('/').some((segment) => segment === '' || segment === '.' || segment === '..')
  )
}

function missing({ id }: HarvestJob, key: string, what: string): ApiError {
  return new ApiError('NotFoundException', `The harvest job ${quoteValue(id)} ${what} with the key ${quoteValue(key)}`)
}

/** An object; undefined when there is none, or nothing is there that could be its bucket. */
async function openedObject(
  bucket: ReadableBucket,
  key: string,
  signal: AbortSignal,
): Promise<StoredObject | undefined> {
  try {
    return await bucket.object(key, signal)
  } catch (error) {
    if (error instanceof BucketRefused && error.code === 'NoSuchBucket') return undefined
    throw error
  }
}

/** Answers with an object, or the part of it that is asked for; closes it in the end. */
function bytesOf(
  object: StoredObject,
  request: OperationRequest,
  { outgoing, headers }: Pick<ControlContext, 'outgoing'> & { readonly headers: OutgoingHttpHeaders },
): BytesResponse {
  const { size, tag } = object
  const ETag = `"${tag}"`
  // Another job may write the asset anew.
  const common = { ...headers, ETag, 'Cache-Control': 'private, no-cache' }
  const close = () => object.close()
  if (matchesNone(request.headers['if-none-match'], ETag)) {
    return { status: 304, headers: common, send: undefined, close }
  }
  const answer = requestedPart(request, size, ETag)
  const sent = { ...common, ...answer.headers }
  if (answer.status === 416) {
    return {
      status: 416,
      headers: { ...sent, 'Content-Type': 'text/plain', 'Content-Length': 0 },
      send: undefined,
      close,
    }
  }
  const { range = { start: 0, end: size } } = answer
  return {
    status: answer.status,
    headers: sent,
    async send(response) {
      // The kernel reads ahead of a client no further than its buffers: pieces wait for it.
      await sendPieces(response, wholePieces(await object.open(range), range.end - range.start), outgoing)
    },
    close,
  }
}

/** Pieces of so many bytes: a client must not take a part for the whole, so that it is cut off when there are fewer. */
async function* wholePieces(pieces: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let left = size
  for await (const piece of pieces) {
    left -= piece.length
    if (left < 0) break
    yield piece
  }
  if (left !== 0) throw new Error(`an object lacks ${left} of the ${size} bytes that were promised`)
}

/** Names the last part of a key, for saving; RFC 6266, with a name in ASCII for those who read no other. */
function attachmentOf(key: string): string {
  const name = key.slice(key.lastIndexOf('/') + 1)
  const plain = name.replace(/[^A-Za-z0-9 ._-]/g, '_')
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
