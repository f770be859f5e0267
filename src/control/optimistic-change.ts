import { ApiError } from './api-error.ts'

/** Attempts, each of which takes a millisecond: as many as there may be concurrent writers. */
const ATTEMPTS = 50

/**
 * Reads, changes and writes back, and starts over when someone else wrote in between. Throws the error of `missing`
 * when there is nothing to change, and ServiceUnavailableException when others are always faster.
 */
export async function changeOptimistically<T extends { readonly revision: number }>(steps: {
  read: () => Promise<T | undefined>
  change: (current: T) => T
  write: (next: T) => Promise<'updated' | 'conflict' | 'missing'>
  missing: () => ApiError
}): Promise<T> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const current = await steps.read()
    if (!current) throw steps.missing()
    const next = { ...steps.change(current), revision: current.revision + 1 }
    const result = await steps.write(next)
    if (result === 'updated') return next
    if (result === 'missing') throw steps.missing()
  }
  throw new ApiError('ServiceUnavailableException', 'the resource is being changed by others; try again')
}
