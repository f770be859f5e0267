import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'

export type S3Access = {
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** An S3 API as a client of it sees it. What is not there is undefined. */
export type S3 = {
  makeBucket(bucket: string): Promise<void>
  /** With all it holds, also while somebody still writes to it. */
  deleteBucket(bucket: string): Promise<void>
  keys(bucket: string, prefix?: string): Promise<string[]>
  /** By key, what follows from an object's bytes: their MD5, where it was put in one part. */
  tags(bucket: string, prefix: string): Promise<ReadonlyMap<string, string>>
  get(bucket: string, key: string): Promise<Uint8Array | undefined>
  put(bucket: string, key: string, bytes: Uint8Array): Promise<void>
  size(bucket: string, key: string): Promise<number | undefined>
  /** The keys of at most a thousand uploads that have not been completed. */
  uploads(bucket: string): Promise<string[]>
}

export function openS3({ endpoint, region, accessKeyId, secretAccessKey }: S3Access): S3 {
  const client = new S3Client({ endpoint, region, credentials: { accessKeyId, secretAccessKey }, forcePathStyle: true })
  const present = <T>(found: Promise<T>): Promise<T | undefined> =>
    found.catch((error: unknown) => {
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined
      throw error
    })
  const tags = async (bucket: string, prefix: string) => {
    const found = new Map<string, string>()
    for (let token: string | undefined; ; ) {
      const request = { Bucket: bucket, Prefix: prefix, ContinuationToken: token }
      const { Contents = [], NextContinuationToken: next } = await client.send(new ListObjectsV2Command(request))
      for (const { Key, ETag } of Contents) if (Key !== undefined) found.set(Key, ETag ?? '')
      if (next === undefined) return found
      token = next
    }
  }
  const keys = async (bucket: string, prefix = '') => [...(await tags(bucket, prefix)).keys()]
  return {
    async makeBucket(bucket) {
      await client.send(new CreateBucketCommand({ Bucket: bucket }))
    },
    async deleteBucket(bucket) {
      for (;;) {
        for (const Key of await keys(bucket)) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }))
        try {
          await client.send(new DeleteBucketCommand({ Bucket: bucket }))
          return
        } catch (error) {
          if (!(error instanceof S3ServiceException && error.name === 'BucketNotEmpty')) throw error
        }
      }
    },
    keys,
    tags,
    async get(bucket, key) {
      const found = await present(client.send(new GetObjectCommand({ Bucket: bucket, Key: key })))
      return found?.Body?.transformToByteArray()
    },
    async put(bucket, key, bytes) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }))
    },
    async size(bucket, key) {
      const found = await present(client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })))
      return found?.ContentLength
    },
    async uploads(bucket) {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
      return Uploads.flatMap(({ Key }) => Key ?? [])
    },
  }
}
