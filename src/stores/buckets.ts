import type { S3Destination } from '../model/harvest-job.ts'
import type { ObjectBody } from './object-body.ts'

/** A condition on a put: the key must have no object (null), or still the object with this tag. */
export type PutCondition = { readonly replaces: string | null }

/** What became of an object that a bucket was asked to take over. */
export type Taking =
  /** It is there. Unproven is one of which nothing has shown that its bytes are those that the archive knows. */
  | { readonly isTaken: true; readonly isProven: boolean }
  /** It has to be put. `refusal` says in a sentence why the store refuses to copy it, and everything after it. */
  | { readonly isTaken: false; readonly refusal?: string }

/** A bucket, open for writing. All methods throw BucketRefused for problems that are the bucket's. */
export type Bucket = {
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
