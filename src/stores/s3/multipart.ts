import type { S3Client } from '@aws-sdk/client-s3'
import { NotAwsAnswer } from '../../sdk-answers.ts'
import { bodyStream } from '../body-stream.ts'
import type { ObjectBody } from '../object-body.ts'
import type { CopySource } from './copies.ts'
import { type CopyAnswer, md5Of, proveCopy, provePut } from './proof.ts'
import { signWith, UNSIGNED_PAYLOAD, watchAnswers } from './put.ts'

type Sdk = typeof import('@aws-sdk/client-s3')
type Connection = { readonly sdk: Sdk; readonly client: S3Client }
type Place = { readonly Bucket: string; readonly Key: string }
type Options = { readonly abortSignal: AbortSignal }

/** Size of a part; S3 allows 10,000 parts of at least 5 MiB. */
const PART_BYTES = 16 << 20

/** An object under way in consecutive parts. It is there once it is completed; the SDK sends a failed part again. */
export class MultipartUpload {
  private readonly connection: Connection
  private readonly upload: Place & { readonly UploadId: string }
  private readonly parts: { readonly PartNumber: number; readonly ETag: string | undefined }[] = []

  private constructor(connection: Connection, upload: Place & { readonly UploadId: string }) {
    this.connection = connection
    this.upload = upload
  }

  static async begin(
    connection: Connection,
    object: Place & { readonly ContentType: string },
    options: Options,
  ): Promise<MultipartUpload> {
    const { sdk, client } = connection
    const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand(object), options)
    if (UploadId === undefined) throw new NotAwsAnswer('the answer to an upload in parts has no upload id')
    return new MultipartUpload(connection, { Bucket: object.Bucket, Key: object.Key, UploadId })
  }

  /**
   * Sends the next part, of at least 5 MiB unless it is the last. The server refuses other bytes, whose MD5 is not that
   * which is signed. `answeredEarly` is called when the bytes may still be on their way after this has resolved.
   */
  async put(part: Uint8Array, options: Options, answeredEarly = () => {}): Promise<void> {
    const { sdk, client } = this.connection
    const PartNumber = this.parts.length + 1
    const md5 = await md5Of(part)
    const ContentMD5 = Buffer.from(md5, 'hex').toString('base64')
    const about = { ...this.upload, PartNumber, ContentLength: part.length, ContentMD5 }
    const put = new sdk.UploadPartCommand({ ...about, Body: part })
    signWith(put, UNSIGNED_PAYLOAD)
    watchAnswers(put, answeredEarly)
    const answer = await client.send(put, options)
    await provePut(answer, { md5: () => md5 })
    this.parts.push({ PartNumber, ETag: answer.ETag })
  }

  /** Copies the next part from an object. Resolves with whether the answer proves it; rejects when it is another. */
  async copy({ path, tag, ...source }: CopySource, options: Options): Promise<boolean> {
    const { sdk, client } = this.connection
    const PartNumber = this.parts.length + 1
    const from = { CopySource: path, CopySourceIfMatch: `"${tag}"` }
    const copy = new sdk.UploadPartCopyCommand({ ...this.upload, PartNumber, ...from })
    const { CopyPartResult, ServerSideEncryption, SSECustomerAlgorithm } = await client.send(copy, options)
    const answer: CopyAnswer = { ...CopyPartResult, ServerSideEncryption, SSECustomerAlgorithm }
    const isProven = proveCopy(answer, { ...source, tag })
    this.parts.push({ PartNumber, ETag: answer.ETag })
    return isProven
  }

  async complete(options: Options): Promise<void> {
    const { sdk, client } = this.connection
    const MultipartUpload = { Parts: this.parts }
    const complete = new sdk.CompleteMultipartUploadCommand({ ...this.upload, MultipartUpload })
    const { ETag } = await client.send(complete, options)
    if (ETag === undefined) throw new NotAwsAnswer('the answer to a completed upload has no entity tag')
  }

  /** Takes back what was sent: parts of an abandoned upload cost money until someone finds them. */
  async abort(options?: Options): Promise<void> {
    const { sdk, client } = this.connection
    await client.send(new sdk.AbortMultipartUploadCommand(this.upload), options)
  }
}

/** Puts a large object in parts. Needs memory for one part. */
export async function putInParts(
  connection: Connection,
  place: Place,
  body: ObjectBody,
  signal: AbortSignal,
): Promise<void> {
  const options = { abortSignal: signal }
  await inOneUpload(connection, { ...place, ContentType: body.contentType }, options, async (upload) => {
    for await (const part of partsOf(body)) await upload.put(part, options)
  })
}

/** Makes an object of the parts that `send` sends or copies. Leaves nothing of it when that fails. */
export async function inOneUpload(
  connection: Connection,
  object: Place & { readonly ContentType: string },
  options: Options,
  send: (upload: MultipartUpload) => Promise<void>,
): Promise<void> {
  const upload = await MultipartUpload.begin(connection, object, options)
  try {
    await send(upload)
    await upload.complete(options)
  } catch (error) {
    await upload.abort().catch(() => {})
    throw error
  }
}

async function* partsOf(body: ObjectBody): AsyncGenerator<Buffer> {
  let left = body.size
  let part = Buffer.allocUnsafe(Math.min(PART_BYTES, left))
  let filled = 0
  for await (const chunk of bodyStream(body) as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.copy(part, filled, at)
      filled += taken
      at += taken
      left -= taken
      if (filled < part.length) continue
      yield part
      part = Buffer.allocUnsafe(Math.min(PART_BYTES, left))
      filled = 0
    }
  }
}
