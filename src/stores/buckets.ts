import type { UtcMs } from '../media/time.ts'
import type { S3Destination } from '../model/harvest-job.ts'
import type { ObjectBody } from './object-body.ts'
import type { ByteRange, ObjectStream } from './objects.ts'

/** A condition on a put: the key must have no object (null), or still the object with this tag. */
export type PutCondition = { readonly replaces: string | null }

/** What became of an object that a bucket was asked to take over. */
export type Taking =
  /** It is there. Unproven is one of which nothing has shown that its bytes are those that the archive knows. */
  | { readonly isTaken: true; readonly isProven: boolean }
  /** It has to be put. `refusal` says in a sentence why the store refuses to copy it, and everything after it. */
  | { readonly isTaken: false; readonly refusal?: string }

/**
 * How many times as many objects as `harvest-concurrency` a job may have under way to a remote bucket, where that gets
 * more done.
 */
export const MOST_TIMES_REMOTE = 4

/** A bucket, open for writing. All methods throw BucketRefused for problems that are the bucket's. */
export type Bucket = {
  /** True where objects travel to another machine, which may take more in the same time when more are under way. */
  readonly isRemote: boolean
  /**
   * Creates the object, or replaces it as a whole, from objects of the archive where these lie, by links, or by copies
   * that are made without this process: it reads them at most, to prove them. Throws LostMedia.
   */
  take(key: string, body: ObjectBody, signal: AbortSignal): Promise<Taking>
  /**
   * Creates the object, or replaces it as a whole: a reader sees the old bytes or the new, never a part. Aborting
   * leaves the old object, or none. BucketRefused has the code Conflict when the condition does not hold; a store
   * without conditions ignores it.
   */
  put(key: string, body: ObjectBody, signal: AbortSignal, condition?: PutCondition): Promise<void>
  /** The tag of the object under the key, null when there is none; undefined when the bucket does not tell. */
  tagOf(key: string, signal: AbortSignal): Promise<string | null | undefined>
  /** The size of the object under the key, null when there is none; undefined when the bucket does not tell. */
  sizeOf(key: string, signal: AbortSignal): Promise<number | null | undefined>
  /** True when the object under the key has exactly the bytes of `body`; meant for small bodies. */
  holds(key: string, body: ObjectBody, signal: AbortSignal): Promise<boolean>
  /** Deletes the objects; absent ones are no error. */
  remove(keys: readonly string[], signal: AbortSignal): Promise<void>
  /** Resolves when all earlier puts survive a power cut. */
  flush(): Promise<void>
}

/** Port: the destination of finished assets. */
export type Buckets = {
  /** Checks, as cheaply as possible, that the bucket exists and admits us. */
  open(destination: S3Destination, signal: AbortSignal): Promise<Bucket>
  close(): Promise<void>
}

/** A bucket that is read: by the role with this ARN, where a store assumes roles. */
export type BucketAccess = { readonly bucketName: string; readonly roleArn?: string | undefined }

/** Port: buckets as they are looked into. All methods throw BucketRefused for problems that are the bucket's. */
export type ReadableBuckets = {
  /** The names of the buckets that there are, in their order. */
  names(access: Omit<BucketAccess, 'bucketName'>, signal: AbortSignal): Promise<KnownBuckets>
  /** Opens a bucket without asking for it: whether it is there, and may be read, is told by what is asked of it. */
  read(access: BucketAccess): Promise<ReadableBucket>
}

export type KnownBuckets = {
  readonly names: readonly string[]
  /** Why there may be more, in a sentence: the store does not list them for us, or not all. */
  readonly reason?: string
}

/** A bucket, open for reading. */
export type ReadableBucket = {
  /** A page of what is directly below a prefix. A bucket that is still to be made has nothing. */
  list(page: LevelRequest, signal: AbortSignal): Promise<BucketLevel>
  /** The object under a key as it is now, to be closed; undefined when there is none. */
  object(key: string, signal: AbortSignal): Promise<StoredObject | undefined>
  /** A URL under which anybody can read the object for some seconds. Absent where objects have none. */
  temporaryUrl?(key: string, url: TemporaryUrl): Promise<string>
}

export type LevelRequest = {
  /** With which keys begin; `/` ends folders. */
  readonly prefix: string
  /** Folders and objects together, up to MOST_LISTED. */
  readonly limit: number
  /** `next` of the page before. */
  readonly after?: string
}

/** The most that is listed at once. */
export const MOST_LISTED = 500

export type BucketLevel = {
  /** Beginnings of keys, with their last `/`, in their order. */
  readonly folders: readonly string[]
  /** In the order of keys. */
  readonly objects: readonly ListedObject[]
  /** A cursor of the next page; absent on the last. */
  readonly next?: string
}

export type ListedObject = {
  readonly key: string
  /** In bytes. */
  readonly size: number
  readonly modifiedAt: UtcMs
}

/** An object of a bucket as it was when it was opened. */
export type StoredObject = {
  /** In bytes. */
  readonly size: number
  /** Another one for other bytes. */
  readonly tag: string
  /** Opens some of its bytes. They throw BucketRefused or StoreUnavailable when they cannot be read to their end. */
  open(range: ByteRange): Promise<ObjectStream>
  close(): Promise<void>
}

export type TemporaryUrl = {
  readonly seconds: number
  /** The headers that its answer has. */
  readonly contentType: string
  readonly contentDisposition?: string | undefined
}

export const BUCKET_PROBLEMS = [
  'NoSuchBucket',
  'AccessDenied',
  'InvalidCredentials',
  'WrongRegion',
  /** The name of the bucket or of the object cannot be used. */
  'InvalidName',
  'Full',
  /** The server does not answer. */
  'Unreachable',
  /** The server reports that it is temporarily unavailable. */
  'Unavailable',
  /** Another object has the key than the put was to replace. */
  'Conflict',
  /** Nothing proves that what answers at the endpoint is S3, or has stored the object. */
  'Unproven',
  'Refused',
] as const

export type BucketProblem = (typeof BUCKET_PROBLEMS)[number]

/** Thrown when a bucket refuses a request. The message is one sentence for the job's owner. */
export class BucketRefused extends Error {
  override readonly name = 'BucketRefused'
  readonly code: BucketProblem

  constructor(code: BucketProblem, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  /** True when the same request may succeed in a moment. */
  get isTransient(): boolean {
    return this.code === 'Unreachable' || this.code === 'Unavailable'
  }
}
