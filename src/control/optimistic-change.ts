import { type UtcMs, utcMs } from '../media/time.ts'
import { ApiError } from './api-error.ts'
import type { Condition } from './entity-tags.ts'

/** Attempts, each of which takes a millisecond: as many as there may be concurrent writers. */
const ATTEMPTS = 50

/** What a change begins with, and the tag by which a condition judges that. */
type Beginning<T> = {
  readonly read: () => Promise<T | undefined>
  readonly missing: () => ApiError
  readonly condition?: Condition | undefined
  readonly tagOf?: (current: T) => string
}

/**
 * Reads, changes and writes back, and starts over when someone else wrote in between. The condition is that of what is
 * changed: nobody writes between its check and the change. Throws the error of `missing` when there is nothing to
 * change, that of the condition when it is not met, and ServiceUnavailableException when others are always faster.
 */
export async function changeOptimistically<T extends { readonly revision: number }>({
  change,
  write,
  ...beginning
}: Beginning<T> & {
  readonly change: (current: T) => T
  readonly write: (next: T) => Promise<'updated' | 'conflict' | 'missing'>
}): Promise<T> {
  return repeatedly(beginning, async (current) => {
    const next = { ...change(current), revision: current.revision + 1 }
    const result = await write(next)
    return result === 'updated' ? next : result
  })
}

/**
 * Deletes what fulfils a condition: only as it was read, and from the beginning when someone else wrote in between.
 * Without a condition, whatever is there, unread. Throws as `changeOptimistically` does. Resolves to what else `remove`
 * says.
 */
export async function removeOptimistically<T extends { readonly revision: number }, Refusal extends string = never>({
  remove,
  ...beginning
}: Beginning<T> & {
  readonly remove: (revision?: number) => Promise<'deleted' | 'conflict' | 'missing' | Refusal>
}): Promise<'deleted' | Refusal> {
  if (beginning.condition) return repeatedly(beginning, ({ revision }) => remove(revision))
  const result = await remove()
  if (result === 'missing') throw beginning.missing()
  return result as 'deleted' | Refusal
}

async function repeatedly<T, Result>(
  { read, missing, condition, tagOf }: Beginning<T>,
  attempt: (current: T) => Promise<Result | 'conflict' | 'missing'>,
): Promise<Exclude<Result, 'conflict' | 'missing'>> {
  for (let made = 0; made < ATTEMPTS; made++) {
    const current = await read()
    if (!current) throw missing()
    condition?.(tagOf?.(current))
    const result = await attempt(current)
    if (result === 'missing') throw missing()
    if (result !== 'conflict') return result as Exclude<Result, 'conflict' | 'missing'>
  }
  throw new ApiError('ServiceUnavailableException', 'the resource is being changed by others; try again')
}

/** When something is modified: later than ever before, so that two states of it never have the same time. */
export function modifiedAfter(former: { readonly modifiedAt: UtcMs } | undefined, now: UtcMs): UtcMs {
  return former ? utcMs(Math.max(now, former.modifiedAt + 1)) : now
}
