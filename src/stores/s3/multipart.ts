import type { S3Client } from '@aws-sdk/client-s3'
import { NotAwsAnswer } from '../../sdk-answers.ts'
import { bodyStream } from '../body-stream.ts'
import type { ObjectBody } from '../object-body.ts'
import { md5Of, provePut } from './proof.ts'

type Sdk = typeof import('@aws-sdk/client-s3')

/** Size of a part; S3 allows 10,000 parts of at least 5 MiB. */
const PART_BYTES = 16 << 20

/** Puts a large object in consecutive parts; the SDK sends a failed part again. Needs memory for one part. */
export async function putInParts(
  { sdk, client }: { readonly sdk: Sdk; readonly client: S3Client },
  object: { readonly Bucket: string; readonly Key: string },
  body: ObjectBody,
  signal: AbortSignal,
): Promise<void> {
  const options = { abortSignal: signal }
  const create = new sdk.CreateMultipartUploadCommand({ ...object, ContentType: body.contentType })
  const { UploadId } = await client.send(create, options)
  if (UploadId === undefined) throw new NotAwsAnswer('the answer to an upload in parts has no upload id')
  const upload = { ...object, UploadId }
  try {
    const Parts: { PartNumber: number; ETag: string | undefined }[] = []
    for await (const part of partsOf(body)) {
      const PartNumber = Parts.length + 1
      const md5 = await md5Of(part)
      const ContentMD5 = Buffer.from(md5, 'hex').toString('base64')
      const put = new sdk.UploadPartCommand({
        ...upload,
        PartNumber,
        Body: part,
        ContentLength: part.length,
        ContentMD5,
      })
      const answer = await client.send(put, options)
      await provePut(answer, { md5: () => md5 })
      Parts.push({ PartNumber, ETag: answer.ETag })
    }
    const complete = new sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } })
    const { ETag } = await client.send(complete, options)
    if (ETag === undefined) throw new NotAwsAnswer('the answer to a completed upload has no entity tag')
  } catch (error) {
    // Parts of an abandoned upload cost money until someone finds them.
    await client.send(new sdk.AbortMultipartUploadCommand(upload)).catch(() => {})
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
