import { NoSuchObject } from '../objects.ts'
import { connect, hostOf, type S3ConnectionOptions } from './connection.ts'
import { ObjectRequests } from './object-requests.ts'
import { S3ObjectStream } from './object-stream.ts'

/** Reads what others have put into a bucket, under keys of any form. */
export type S3Reader = {
  /**
   * Pieces of an object, of at most 64 KiB; undefined when there is none. Rejects with ObjectsUnavailable when the
   * server does not answer in time, or refuses.
   */
  open(key: string): Promise<AsyncIterable<Uint8Array> | undefined>
  close(): void
}

export async function openS3Reader(
  options: S3ConnectionOptions & { readonly bucket: string; readonly requestTimeoutMs: number },
): Promise<S3Reader> {
  const { bucket, region, requestTimeoutMs } = options
  const connection = await connect(options, { keepAlive: true, maxSockets: options.maxConnections }, '')
  const place = { bucket, host: hostOf(options), region, permissions: 's3:GetObject and s3:ListBucket' }
  const requests = new ObjectRequests(connection, place, requestTimeoutMs)
  return {
    async open(key) {
      try {
        return (await S3ObjectStream.open({ requests, path: key, key })) ?? nothing()
      } catch (error) {
        if (error instanceof NoSuchObject) return undefined
        throw error
      }
    },
    close: () => connection.client.destroy(),
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
