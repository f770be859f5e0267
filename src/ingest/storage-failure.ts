import { isDiskFull } from '../stores/resources.ts'
import { Refusal } from './refusal.ts'

/** Awaits work of the archive, and rethrows its errors as Refusal. */
export async function asStorageFailure<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    throw Refusal.of(isDiskFull(cause) ? 'NoSpace' : 'StorageFailed', {}, { cause })
  }
}
