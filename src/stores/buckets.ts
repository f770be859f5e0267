import type { S3Destination } from '../model/harvest-job.ts'

/** What an object is to hold: the bytes of one or more local files, one after the other, or bytes in memory. */
export type ObjectBody = {
  readonly contentType: string
  /** Bytes in all; a put whose files hold more or fewer is refused. */
  readonly size: number
  /** Of all the bytes, hexadecimal; absent where nobody has read them yet. */
  readonly sha256?: string
} & (
  | { readonly kind: 'files'; readonly paths: readonly string[] }
  | { readonly kind: 'bytes'; readonly parts: readonly Uint8Array[] }
)

/** What has to lie under a key for a put to take place: nothing, or still what had the tag. */
export type PutCondition = { readonly replaces: string | null }

/** A bucket, open for writing. All methods throw BucketRefused for what the bucket is to blame for. */
export type Bucket = {
  /**
   * Makes the object, or replaces it as a whole: a reader sees the old bytes or the new, never a part. Aborting leaves
   * the old object, or none. BucketRefused says Conflict when the condition does not hold; where the store knows no
   * conditions the put takes place.
   */
  put(key: string, body: ObjectBody, signal: AbortSignal, condition?: PutCondition): Promise<void>
  /** A tag of what lies under the key now, null where there is nothing; undefined when the bucket does not tell. */
  tagOf(key: string, signal: AbortSignal): Promise<string | null | undefined>
  /** True when the object under the key has exactly the bytes of `body`; for small ones. */
  holds(key: string, body: ObjectBody, signal: AbortSignal): Promise<boolean>
  /** Removes the objects; those that are not there are no error. */
  remove(keys: readonly string[], signal: AbortSignal): Promise<void>
  /** When it resolves, everything put before survives a power cut. */
  flush(): Promise<void>
}

/** Port: where finished assets go. */
export type Buckets = {
  /** Finds out, as cheaply as it can, whether the bucket is there and lets us in. */
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
  /** Nobody answers. */
  'Unreachable',
  /** It answers that it cannot at the moment. */
  'Unavailable',
  /** Something else lies under the key than the put was to replace. */
  'Conflict',
  'Refused',
] as const

export type BucketProblem = (typeof BUCKET_PROBLEMS)[number]

/** A bucket that does not take what it is given. The message is one sentence for the person who owns the job. */
export class BucketRefused extends Error {
  override readonly name = 'BucketRefused'
  readonly code: BucketProblem

  constructor(code: BucketProblem, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  /** True when the same request may well succeed in a moment. */
  get isTransient(): boolean {
    return this.code === 'Unreachable' || this.code === 'Unavailable'
  }
}
