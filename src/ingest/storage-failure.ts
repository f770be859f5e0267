import { Refusal } from './refusal.ts'

const NO_SPACE = new Set<unknown>(['ENOSPC', 'EDQUOT'])

/** Awaits work of the archive, and rethrows its errors as Refusal. */
export async function asStorageFailure<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    const isFull = cause instanceof Error && 'code' in cause && NO_SPACE.has(cause.code)
    throw Refusal.of(isFull ? 'NoSpace' : 'StorageFailed', {}, { cause })
  }
}
