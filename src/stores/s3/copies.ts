import type { StoredBytes } from '../../model/source-segment.ts'
import { NotAwsAnswer } from '../../sdk-answers.ts'
import type { Taking } from '../buckets.ts'
import type { ArchivedObject, ObjectBody } from '../object-body.ts'
import type { Connection } from './connection.ts'
import { answerStatus, type BucketPlace, bucketRefusal } from './errors.ts'
import { inOneUpload } from './multipart.ts'
import { BadDigest, type CopyAnswer, proveCopy } from './proof.ts'

/** The most that S3 copies in one request. */
const MOST_COPIED_BYTES = 5 * 2 ** 30
/** The least size of a part of an object, except the last. */
const LEAST_PART_BYTES = 5 << 20
const MOST_PARTS = 10_000
/** Copies that may fail in a row, each after several tries, before no more are asked for. */
const MOST_FAILURES = 3

/** An object that S3 can copy: where it lies, as `x-amz-copy-source` states it, and by what tag it is known. */
export type CopySource = StoredBytes & { readonly tag: string; readonly path: string }

type CopiesOptions = {
  /** True leaves copies as they are that S3 tells nothing about. */
  readonly areUnproven: boolean
  /** Deletes an object of the bucket. */
  remove(key: string, signal: AbortSignal): Promise<void>
  /** Throws unless an object of the bucket has this size, as far as the bucket tells. */
  checkSize(key: string, size: number, signal: AbortSignal): Promise<void>
}

/**
 * Copies of objects of the archive that the S3 API makes by itself, from any bucket it has to one: of one object, or of
 * several as the parts of one. What is copied is what was put: it is copied only while it has the tag by which it was
 * stored, and the answer proves the copy. Whatever goes wrong, the object is to be put, which shows what is the matter.
 */
export class Copies {
  private readonly connection: Connection
  private readonly place: BucketPlace
  private readonly options: CopiesOptions
  /** Why nothing is copied any more, in a sentence. */
  private refusal: string | undefined
  /** Copies in a row of which nobody knows why they failed. */
  private failures = 0

  constructor(connection: Connection, place: BucketPlace, options: CopiesOptions) {
    this.connection = connection
    this.place = place
    this.options = options
  }

  async take(key: string, body: ObjectBody, signal: AbortSignal): Promise<Taking> {
    const sources = this.sourcesOf(body)
    if (!sources) return { isTaken: false }
    if (this.refusal === undefined) {
      try {
        const isProven = await this.copy(key, sources, body.contentType, signal)
        this.failures = 0
        if (isProven || this.options.areUnproven) return { isTaken: true, isProven }
        this.refusal = this.refusedBy('it does not prove its copies')
      } catch (error) {
        signal.throwIfAborted()
        // Nobody may take what was made for the object, whatever becomes of that.
        if (isOther(error)) await this.options.remove(key, signal)
        if (this.isVerdict(error)) this.refusal = this.refusedBy(reasonOf(error))
      }
    }
    return { isTaken: false, ...(this.refusal !== undefined && { refusal: this.refusal }) }
  }

  /** The objects of a body that can be copied as they are; undefined when the body is anything else. */
  private sourcesOf(body: ObjectBody): readonly CopySource[] | undefined {
    if (body.kind !== 'object' && body.kind !== 'objects') return undefined
    const objects = body.kind === 'object' ? [body.object] : body.objects
    const sources = objects.flatMap((object) => this.sourceOf(object) ?? [])
    const areAll = sources.length === objects.length && sources.length <= MOST_PARTS
    const areParts = sources.slice(0, -1).every(({ size }) => size >= LEAST_PART_BYTES)
    const fits = sources.reduce((sum, { size }) => sum + size, 0) === body.size
    return areAll && areParts && fits ? sources : undefined
  }

  private sourceOf({ key, size, crc32, tag, location }: ArchivedObject): CopySource | undefined {
    if (location?.kind !== 's3' || location.host !== this.place.host || tag === undefined) return undefined
    if (size === 0 || size > MOST_COPIED_BYTES) return undefined
    return { key, size, crc32, tag, path: `${location.bucket}/${location.key}` }
  }

  /** Resolves with whether the answers prove the copy. Rejects with BadDigest when they show that it is another. */
  private async copy(
    Key: string,
    [first, ...others]: readonly CopySource[],
    ContentType: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { sdk, client } = this.connection
    const target = { Bucket: this.place.bucket, Key, ContentType }
    const options = { abortSignal: signal }
    if (!first) return false
    if (others.length > 0) {
      let areProven = true
      await inOneUpload(this.connection, target, options, async (upload) => {
        for (const source of [first, ...others]) areProven = (await upload.copy(source, options)) && areProven
      })
      await this.options.checkSize(
        Key,
        [first, ...others].reduce((sum, { size }) => sum + size, 0),
        signal,
      )
      return areProven
    }
    const copy = new sdk.CopyObjectCommand({
      ...target,
      CopySource: first.path,
      CopySourceIfMatch: `"${first.tag}"`,
      MetadataDirective: 'REPLACE',
      ChecksumAlgorithm: 'CRC32',
    })
    const { CopyObjectResult, ServerSideEncryption, SSECustomerAlgorithm } = await client.send(copy, options)
    const answer: CopyAnswer = { ...CopyObjectResult, ServerSideEncryption, SSECustomerAlgorithm }
    return proveCopy(answer, first)
  }

  /** True when nothing more need be tried: for what is not the fault of one object, or has failed time and again. */
  private isVerdict(error: unknown): boolean {
    if (isOther(error)) return true
    const code = bucketRefusal(error, this.place)?.code
    if (answerStatus(error) === 404 || code === 'Conflict') return false
    // A server that does not know copies stores empty objects, and says nothing, for which the SDK says InternalError.
    const maybePassing = code === 'Unavailable' || code === 'Unreachable' || code === 'Full'
    return !maybePassing || ++this.failures >= MOST_FAILURES
  }

  private refusedBy(reason: string): string {
    const { host, bucket } = this.place
    return `${host} cannot be left to copy objects of the archive into bucket ${bucket} (${reason}).`
  }
}

/** True when something was made that is no copy. */
const isOther = (error: unknown): boolean => error instanceof BadDigest || error instanceof NotAwsAnswer

function reasonOf(error: unknown): string {
  const { name, message } = error as Error
  return isOther(error) ? message : name
}
