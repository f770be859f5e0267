/** Every error type the MediaPackage v1 API declares, with its HTTP status. */
export const API_ERRORS = {
  ForbiddenException: 403,
  InternalServerErrorException: 500,
  NotFoundException: 404,
  ServiceUnavailableException: 503,
  TooManyRequestsException: 429,
  UnprocessableEntityException: 422,
} as const

export type ApiErrorCode = keyof typeof API_ERRORS

/** A request the API refuses; the message reaches the client. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ApiErrorCode

  constructor(code: ApiErrorCode, message: string) {
    super(message)
    this.code = code
  }

  get status(): number {
    return API_ERRORS[this.code]
  }
}
