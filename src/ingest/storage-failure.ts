const NO_SPACE = new Set<unknown>(['ENOSPC', 'EDQUOT'])

/** Thrown when the archive could not keep something; `cause` is for the log, the message for the encoder. */
export class StorageFailure extends Error {
  override readonly name = 'StorageFailure'
  readonly status: 503 | 507

  constructor(cause: unknown) {
    const full = cause instanceof Error && 'code' in cause && NO_SPACE.has(cause.code)
    super(full ? 'there is no space left to store this' : 'this could not be stored', { cause })
    this.status = full ? 507 : 503
  }
}

/** Awaits work of the archive, and rethrows its errors as StorageFailure. */
export async function asStorageFailure<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    throw new StorageFailure(cause)
  }
}
