type ErrorType = {
  readonly status: number
  /** The requests that get this error. */
  readonly meaning: string
}

const DECLARED = {
  ForbiddenException: { status: 403, meaning: 'an ARN of another account or region' },
  NotFoundException: { status: 404, meaning: 'the resource of the operation does not exist' },
  UnprocessableEntityException: {
    status: 422,
    meaning:
      'a body that is not JSON, a missing or wrong member, an id already in use, an impossible change, a member that names a resource that does not exist',
  },
  TooManyRequestsException: {
    status: 429,
    meaning:
      'a quota: 30 channels, 10 origin endpoints on a channel, 10 harvest jobs in progress, 100 that begin later, 100 harvest schedules, 100 harvest rules, 1,000 clips, and 100 GiB that clips pin; each is a setting; and 100 streams of changes of a process, or 100 pictures that wait there',
  },
  InternalServerErrorException: { status: 500, meaning: 'an error of the server; its log has the request id' },
  ServiceUnavailableException: {
    status: 503,
    meaning: 'the resource keeps being changed by others, the store is unavailable, or its disk full',
  },
} as const satisfies Readonly<Record<string, ErrorType>>

const OF_CONDITIONS = {
  PreconditionFailedException: {
    status: 412,
    meaning: 'an `If-Match` without the entity tag of the resource: somebody else has changed it since',
  },
} as const satisfies Readonly<Record<string, ErrorType>>

const OF_ITS_OWN = {
  NoContentException: { status: 404, meaning: 'a picture of a channel that has no content by then' },
  NoPictureException: { status: 404, meaning: 'a picture of a channel whose content has none by then' },
  NotSupportedException: { status: 422, meaning: 'a listing of a bucket that may not be listed' },
} as const satisfies Readonly<Record<string, ErrorType>>

const OF_THE_FRONT_END = {
  MissingAuthenticationTokenException: { status: 403, meaning: 'no signature' },
  IncompleteSignatureException: { status: 403, meaning: 'a signature that lacks a part, or cannot be read' },
  UnrecognizedClientException: { status: 403, meaning: "an access key that is not the server's" },
  InvalidSignatureException: { status: 403, meaning: 'a signature that does not verify, or is too old' },
  UnknownOperationException: { status: 404, meaning: 'a path without operations' },
  MethodNotAllowedException: { status: 405, meaning: 'a path whose operations have other methods' },
  RequestEntityTooLargeException: { status: 413, meaning: 'a body of more than 128 KiB' },
} as const satisfies Readonly<Record<string, ErrorType>>

/** An error type that the MediaPackage v1 API declares, or that of a condition, which its clients do not send. */
export type ApiErrorCode = keyof typeof DECLARED | keyof typeof OF_CONDITIONS

/** An error type with which AWS refuses requests before they reach an operation. */
export type FrontEndErrorCode = keyof typeof OF_THE_FRONT_END

/** An error type of `/windrow/v1/`, which MediaPackage's API does not have. */
export type OwnErrorCode = keyof typeof OF_ITS_OWN

/** Every error type of the API: the value of `x-amzn-ErrorType`, by which clients choose their exception. */
export const API_ERRORS: Readonly<Record<ApiErrorCode | OwnErrorCode | FrontEndErrorCode, ErrorType>> = {
  ...DECLARED,
  ...OF_CONDITIONS,
  ...OF_ITS_OWN,
  ...OF_THE_FRONT_END,
}

/** Thrown for a request the API refuses; the message reaches the client. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ApiErrorCode | OwnErrorCode

  constructor(code: ApiErrorCode | OwnErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
