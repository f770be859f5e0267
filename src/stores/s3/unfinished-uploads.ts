import { NotAwsAnswer } from '../../sdk-answers.ts'
import { answerStatus } from './errors.ts'
import type { ObjectRequests } from './object-requests.ts'

/** Uploads in a page of their listing; S3 gives up to 1000. */
const PAGE = 250

type Upload = { readonly path: string; readonly id: string }

/** Uploads in parts that have begun, and are neither completed nor aborted. */
export class UnfinishedUploads {
  private readonly requests: ObjectRequests

  constructor(requests: ObjectRequests) {
    this.requests = requests
  }

  /** All of them whose paths begin with `prefix`, page by page. */
  async *pages(prefix: string): AsyncGenerator<readonly Upload[]> {
    let after: Upload | undefined
    do {
      const page = await this.pageAfter(prefix, after)
      yield page.uploads
      after = page.next
    } while (after)
  }

  /** Removes the parts of an upload; an absent one is no error. */
  async abort({ path, id }: Upload): Promise<void> {
    const { connection, place } = this.requests
    const { sdk, client } = connection
    const abort = new sdk.AbortMultipartUploadCommand({ Bucket: place.bucket, Key: path, UploadId: id })
    await this.requests.ask((options) =>
      client.send(abort, options).catch((error: unknown) => {
        if (answerStatus(error) !== 404) throw error
      }),
    )
  }

  private pageAfter(prefix: string, after: Upload | undefined) {
    const { connection, place } = this.requests
    const { sdk, client } = connection
    return this.requests.ask(async (options) => {
      const list = new sdk.ListMultipartUploadsCommand({
        Bucket: place.bucket,
        Prefix: prefix,
        MaxUploads: PAGE,
        ...(after && { KeyMarker: after.path, UploadIdMarker: after.id }),
      })
      const { Bucket, Uploads = [], IsTruncated = false } = await client.send(list, options)
      if (Bucket !== place.bucket) throw new NotAwsAnswer('the answer is not the listing of uploads to the bucket')
      const uploads = Uploads.map(({ Key: path = '', UploadId: id = '' }) => ({ path, id }))
      const last = uploads.at(-1)
      const isStuck = IsTruncated && (!last || (last.path === after?.path && last.id === after.id))
      if (isStuck) throw new NotAwsAnswer('the listing of uploads does not go on')
      return { uploads, next: IsTruncated ? last : undefined }
    })
  }
}
