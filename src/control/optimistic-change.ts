import { ApiError } from './api-error.ts'

/** Each attempt is a millisecond: as many as there may be others at once. */
const ATTEMPTS = 50

/**
 * Reads, changes and writes back; starts over when someone else wrote in between. Throws what `missing` makes when
 * there is nothing to change, ServiceUnavailableException when others are always quicker.
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
  throw new ApiError('ServiceUnavailableException', 'others are changing the same resource; try again')
}
