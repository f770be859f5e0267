import { type BucketProblem, BucketRefused } from '../buckets.ts'
import { ObjectsUnavailable } from '../objects.ts'
import { DiskFull, type StoreUnavailable } from '../resources.ts'

/** Error codes of S3 and compatible servers, by their meaning for the owner of a harvest job or of the archive. */
const CODES: Readonly<Record<string, BucketProblem>> = {
  NoSuchBucket: 'NoSuchBucket',
  AccessDenied: 'AccessDenied',
  AccountProblem: 'AccessDenied',
  AllAccessDisabled: 'AccessDenied',
  InvalidAccessKeyId: 'InvalidCredentials',
  SignatureDoesNotMatch: 'InvalidCredentials',
  ExpiredToken: 'InvalidCredentials',
  InvalidToken: 'InvalidCredentials',
  RequestTimeTooSkewed: 'InvalidCredentials',
  CredentialsProviderError: 'InvalidCredentials',
  PermanentRedirect: 'WrongRegion',
  TemporaryRedirect: 'WrongRegion',
  AuthorizationHeaderMalformed: 'WrongRegion',
  IllegalLocationConstraintException: 'WrongRegion',
  InvalidBucketName: 'InvalidName',
  InvalidObjectName: 'InvalidName',
  KeyTooLongError: 'InvalidName',
  QuotaExceeded: 'Full',
  XMinioStorageFull: 'Full',
  EntityTooLarge: 'Refused',
  SlowDown: 'Unavailable',
  RequestTimeout: 'Unavailable',
  // The bytes that arrived are not those sent; a retry may succeed.
  BadDigest: 'Unavailable',
  IncompleteBody: 'Unavailable',
  XAmzContentChecksumMismatch: 'Unavailable',
  XAmzContentSHA256Mismatch: 'Unavailable',
  OperationAborted: 'Unavailable',
  PreconditionFailed: 'Conflict',
  ConditionalRequestConflict: 'Unavailable',
  TimeoutError: 'Unreachable',
  NotAwsAnswer: 'Unproven',
}

/** Status codes of responses without S3's error document (to HEAD, or from a proxy), by meaning. */
const STATUSES: Readonly<Record<number, BucketProblem>> = {
  301: 'WrongRegion',
  307: 'WrongRegion',
  401: 'InvalidCredentials',
  403: 'AccessDenied',
  408: 'Unavailable',
  412: 'Conflict',
  413: 'Refused',
  429: 'Unavailable',
  507: 'Full',
}

export type S3Error = Error & {
  readonly code?: string
  readonly Region?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> }
}

/** A bucket, with the host and region at which it is requested, and the permissions that are needed there. */
export type BucketPlace = {
  readonly bucket: string
  readonly host: string
  readonly region: string
  readonly permissions: string
}

/** Converts an error of the S3 client to the port's; undefined when the bucket is not the cause. */
export function bucketRefusal(thrown: unknown, about: BucketPlace): BucketRefused | undefined {
  if (thrown instanceof BucketRefused) return thrown
  const error = thrown as S3Error
  const code = problemOf(error)
  return code && new BucketRefused(code, sentence(code, error, about), { cause: error })
}

/** Converts an error of the S3 client to that of a store of objects; undefined when the store is not the cause. */
export function objectsFailure(error: unknown, about: BucketPlace): StoreUnavailable | undefined {
  const refusal = bucketRefusal(error, about)
  if (!refusal) return undefined
  const { code, message } = refusal
  return new (code === 'Full' ? DiskFull : ObjectsUnavailable)(message, { cause: refusal })
}

/** The status code of the answer that an error of the SDK is about. */
export function answerStatus(error: unknown): number | undefined {
  return (error as S3Error).$metadata?.httpStatusCode
}

/** True when the bytes that arrived are not those sent: what the SDK does not try again by itself. */
export function isSpoilt(thrown: unknown): boolean {
  const error = thrown as S3Error
  return problemOf(error) === 'Unavailable' && (answerStatus(error) ?? 400) === 400
}

export function problemOf(error: S3Error): BucketProblem | undefined {
  const known = CODES[error.name]
  if (known) return known
  const status = answerStatus(error)
  // No response: an error of the network or of TLS, such as ECONNREFUSED or CERT_HAS_EXPIRED.
  if (status === undefined) return error.code === undefined ? undefined : 'Unreachable'
  return STATUSES[status] ?? (status >= 500 && status !== 501 ? 'Unavailable' : 'Refused')
}

function sentence(code: BucketProblem, error: S3Error, about: BucketPlace): string {
  const { bucket, host, region: ours, permissions } = about
  switch (code) {
    case 'NoSuchBucket':
      return `There is no bucket ${bucket} at ${host}.`
    case 'AccessDenied':
      return `Bucket ${bucket} at ${host} denies access: the credentials need ${permissions} on it.`
    case 'InvalidCredentials':
      return `${host} does not accept the credentials for bucket ${bucket} (${error.name}).`
    case 'WrongRegion': {
      const region = error.Region ?? error.$response?.headers?.['x-amz-bucket-region']
      return `Bucket ${bucket} is in ${region ? `region ${region}` : 'another region'}, but s3-region is ${ours}.`
    }
    case 'InvalidName':
      return `${host} does not allow the name of bucket ${bucket} or of an object in it (${error.name}).`
    case 'Full':
      return `Bucket ${bucket} at ${host} is full.`
    case 'Unreachable':
      return `${host}, the server of bucket ${bucket}, does not answer${error.code ? ` (${error.code})` : ''}.`
    case 'Unavailable':
      return `${host} is temporarily unable to store objects in bucket ${bucket} (${error.name}).`
    case 'Conflict':
      return `An object in bucket ${bucket} at ${host} was changed in the meantime, and was not replaced.`
    case 'Unproven':
      return `What answers at ${host} for bucket ${bucket} is not S3: ${error.message}.`
    case 'Refused':
      return `${host} refused an object for bucket ${bucket} (${error.name}).`
  }
}
