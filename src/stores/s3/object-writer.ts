import { NotAwsAnswer } from '../../sdk-answers.ts'
import type { CommittedObject, ObjectWriter } from '../objects.ts'
import { answerStatus } from './errors.ts'
import { HeldPart, type PartMemory } from './held-part.ts'
import { MultipartUpload } from './multipart.ts'
import type { ObjectRequests, RequestOptions } from './object-requests.ts'
import { BadDigest, crc32Text, md5Of, provePut } from './proof.ts'
import { signWith, UNSIGNED_PAYLOAD, watchAnswers } from './put.ts'

/** Objects up to this size are one PUT; larger ones are sent in parts of this size while more arrives. */
export const PART_BYTES = 8 << 20

/** Of the entity tags that are recorded. Those of S3 have 32 to 38 characters. */
const LONGEST_TAG = 64

const CONTENT_TYPE = 'application/octet-stream'

/**
 * Writes an object to S3. It is committed when an answer has proven that its bytes are stored. A writer holds two parts
 * at most, one that is sent and one that is collected.
 *
 * What was aborted is deleted, also when a PUT or the completion of an upload has failed: its request may have been
 * carried out all the same. One that S3 carries out even later leaves an object that no row knows, which is found by
 * listing; a process that is killed leaves the parts of its uploads, which `removeUnfinished` removes.
 */
export class S3ObjectWriter implements ObjectWriter {
  private readonly requests: ObjectRequests
  private readonly memory: PartMemory
  private readonly object: { readonly Bucket: string; readonly Key: string }
  private readonly stop = new AbortController()
  /** The part being collected. */
  private part: HeldPart
  private upload: MultipartUpload | undefined
  private size = 0
  private committing: Promise<CommittedObject> | undefined
  private isCommitted = false
  /** True once a request was sent that creates the object. */
  private mayExist = false
  /** All writes so far; after one has failed, nothing more is written. */
  private written: Promise<void> = Promise.resolve()
  /** The part being sent. */
  private sent: Promise<void> = Promise.resolve()

  constructor(requests: ObjectRequests, memory: PartMemory, key: string) {
    this.requests = requests
    this.memory = memory
    this.object = { Bucket: requests.place.bucket, Key: key }
    this.part = new HeldPart(memory)
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.written = this.written.then(() => this.collect(chunk))
    await this.written
  }

  async commit(): Promise<CommittedObject> {
    this.stop.signal.throwIfAborted()
    this.committing ??= this.store()
    return await this.committing
  }

  async abort(): Promise<void> {
    if (this.isCommitted) return
    this.stop.abort(new Error('the object was aborted'))
    for (const work of [this.written, this.sent, this.committing]) await work?.catch(() => {})
    if (this.isCommitted) return
    await this.part.release()
    const { upload } = this
    if (upload) await this.requests.ask((options) => upload.abort(options).catch(ignoreAbsent))
    this.upload = undefined
    if (this.mayExist) await this.remove()
    this.mayExist = false
  }

  private async collect(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      this.stop.signal.throwIfAborted()
      if (this.part.size === PART_BYTES) await this.sendPart()
      const piece = chunk.subarray(at, at + PART_BYTES - this.part.size)
      const spilling = this.part.add(piece)
      if (spilling) await spilling
      at += piece.length
      this.size += piece.length
    }
  }

  /** Begins to send the part that is collected, once the part before it has arrived. */
  private async sendPart(): Promise<void> {
    await this.sent
    const { connection } = this.requests
    const begin = (options: RequestOptions) =>
      MultipartUpload.begin(connection, { ...this.object, ContentType: CONTENT_TYPE }, options)
    this.upload ??= await this.requests.ask(begin, this.stop.signal)
    const { part, upload } = this
    this.part = new HeldPart(this.memory)
    this.sent = part.consume((bytes, keep) =>
      this.requests.send((options) => upload.put(bytes, options, keep), this.stop.signal),
    )
    // It is awaited before the next part is sent.
    this.sent.catch(() => {})
  }

  private async store(): Promise<CommittedObject> {
    await this.written
    const entityTag = await (this.size <= PART_BYTES ? this.put() : this.complete())
    this.isCommitted = true
    const tag = entityTag.replaceAll('"', '')
    return tag.length <= LONGEST_TAG ? { tag } : {}
  }

  /** Resolves with the entity tag of what was stored. */
  private async put(): Promise<string> {
    const { part } = this
    const crc32 = crc32Text(part.crc32)
    return part.consume((bytes, keep) =>
      this.requests.send((options) => this.putOnce(bytes, crc32, keep, options), this.stop.signal),
    )
  }

  /** The CRC-32 is checked by servers that know it, and is signed; of others, the answer is compared. */
  private async putOnce(bytes: Buffer, crc32: string, keep: () => void, options: RequestOptions): Promise<string> {
    const { sdk, client } = this.requests.connection
    const about = { ...this.object, ContentType: CONTENT_TYPE, ContentLength: bytes.length, ChecksumCRC32: crc32 }
    const put = new sdk.PutObjectCommand({ ...about, Body: bytes })
    signWith(put, UNSIGNED_PAYLOAD)
    watchAnswers(put, keep)
    this.mayExist = true
    const answer = await client.send(put, options)
    const isProven = await provePut(answer, { crc32, md5: () => md5Of(bytes) })
    if (!isProven) await this.proveSize(options)
    return answer.ETag ?? ''
  }

  private async complete(): Promise<string> {
    await this.sendPart()
    await this.sent
    const upload = this.upload!
    this.mayExist = true
    return this.requests.ask(async (options) => {
      const failure = await upload.complete(options).then(
        () => undefined,
        (error: unknown) => error as Error,
      )
      // A completion whose answer was lost fails when the SDK repeats it. Only this writer knows the key.
      return await this.proveSize(options).catch((error: unknown) => {
        throw failure ?? error
      })
    }, this.stop.signal)
  }

  /** Resolves with the entity tag of the object, which has the size of what was written. */
  private async proveSize(options: RequestOptions): Promise<string> {
    const { sdk, client } = this.requests.connection
    const { ContentLength, ETag } = await client.send(new sdk.HeadObjectCommand(this.object), options)
    if (ETag === undefined) throw new NotAwsAnswer('the answer about an object has no entity tag')
    if (ContentLength !== this.size) throw new BadDigest(`the stored object has ${ContentLength} bytes`)
    return ETag
  }

  private async remove(): Promise<void> {
    const { sdk, client } = this.requests.connection
    const remove = new sdk.DeleteObjectCommand(this.object)
    await this.requests.ask((options) => client.send(remove, options).catch(ignoreAbsent))
  }
}

function ignoreAbsent(error: unknown): undefined {
  if (answerStatus(error) !== 404) throw error
}
