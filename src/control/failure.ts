import { BodyTooLong } from '../http/read-body.ts'
import { RuleViolation } from '../model/rule-violation.ts'
import { BucketRefused } from '../stores/buckets.ts'
import { DISK_FULL, isDiskFull, STORE_UNAVAILABLE, StoreUnavailable } from '../stores/resources.ts'
import { API_ERRORS, ApiError, type ApiErrorCode, type FrontEndErrorCode, type OwnErrorCode } from './api-error.ts'
import { SignatureError } from './sigv4.ts'

type Headers = Readonly<Record<string, string>>

/** A refusal as sent: `type` becomes x-amzn-ErrorType, by which clients choose their exception. */
export type Failure = {
  readonly status: number
  readonly type: ApiErrorCode | OwnErrorCode | FrontEndErrorCode
  readonly message: string
  readonly headers?: Headers
}

/** Thrown for a request that is refused as HTTP, before it reaches an operation of the API. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure'
  readonly code: FrontEndErrorCode
  readonly headers: Headers

  constructor(code: FrontEndErrorCode, message: string, headers: Headers = {}) {
    super(message)
    this.code = code
    this.headers = headers
  }
}

/** The failure sent to a client for `error`; for an error of the server, it reveals nothing. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RequestFailure) return failure(error.code, error.message, error.headers)
  if (error instanceof SignatureError) return failure(error.problem, error.message)
  if (error instanceof ApiError) return failure(error.code, error.message)
  if (error instanceof RuleViolation || error instanceof BucketRefused) {
    return failure('UnprocessableEntityException', error.message)
  }
  if (error instanceof BodyTooLong) {
    return failure('RequestEntityTooLargeException', `A body may have at most ${error.limit} bytes.`)
  }
  if (isDiskFull(error)) return failure('ServiceUnavailableException', DISK_FULL)
  if (error instanceof StoreUnavailable) return failure('ServiceUnavailableException', STORE_UNAVAILABLE)
  return failure('InternalServerErrorException', 'An internal error occurred; the server has logged it.')
}

function failure(type: Failure['type'], message: string, headers?: Headers): Failure {
  return { status: API_ERRORS[type].status, type, message, ...(headers && { headers }) }
}
