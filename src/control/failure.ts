import { BodyTooLong } from '../http/read-body.ts'
import { RuleViolation } from '../model/rule-violation.ts'
import { BucketRefused } from '../stores/buckets.ts'
import { STORE_UNAVAILABLE, StoreUnavailable } from '../stores/resources.ts'
import { API_ERRORS, ApiError } from './api-error.ts'
import { SignatureError } from './sigv4.ts'

/** A refusal as it goes out: `type` becomes x-amzn-ErrorType, by which clients choose their exception. */
export type Failure = {
  readonly status: number
  readonly type: string
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A request refused as HTTP, before it is one of the API's operations. */
export class RequestFailure extends Error implements Failure {
  override readonly name = 'RequestFailure'
  readonly status: number
  readonly type: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, type: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.type = type
    this.headers = headers
  }
}

/** What a client is told about `error`; nothing, when it is a fault of ours. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RequestFailure) return error
  if (error instanceof SignatureError) return { status: 403, type: error.problem, message: error.message }
  if (error instanceof RuleViolation || error instanceof BucketRefused) {
    return {
      status: API_ERRORS.UnprocessableEntityException,
      type: 'UnprocessableEntityException',
      message: error.message,
    }
  }
  if (error instanceof ApiError) return { status: error.status, type: error.code, message: error.message }
  if (error instanceof BodyTooLong) {
    return { status: 413, type: 'RequestEntityTooLargeException', message: `A body may have ${error.limit} bytes.` }
  }
  if (error instanceof StoreUnavailable) {
    return {
      status: 503,
      type: 'ServiceUnavailableException',
      message: STORE_UNAVAILABLE,
    }
  }
  return {
    status: 500,
    type: 'InternalServerErrorException',
    message: 'Something went wrong here; the log knows more.',
  }
}
