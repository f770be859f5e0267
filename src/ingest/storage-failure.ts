import { ArchiveFull } from '../archive/quota.ts'
import { isDiskFull } from '../stores/resources.ts'
import { Refusal } from './refusal.ts'

/** Awaits work of the archive, and rethrows its errors as Refusal. */
export async function asStorageFailure<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    if (cause instanceof ArchiveFull)
      throw Refusal.of('ArchiveFull', { scope: cause.scope, limit: cause.limit }, { cause })
    throw Refusal.of(isDiskFull(cause) ? 'NoSpace' : 'StorageFailed', {}, { cause })
  }
}
