import { ChangeBroadcast } from './changes/change-broadcast.ts'
import type { Stopping } from './stopping.ts'
import type { Resources } from './stores/resources.ts'
import type { IndexSharing } from './stores/segment-index.ts'

type Deps = {
  readonly resources: Resources
  readonly sharing?: Pick<IndexSharing, 'feed'>
  readonly processId: string
  readonly stopwatch: () => number
}

/** Hears of changes from now on, for the streams that tell of them; these end as soon as the server stops. */
export function startChanges(
  { resources, sharing, processId, stopwatch }: Deps,
  { closers, hasBegun }: Pick<Stopping, 'closers' | 'hasBegun'>,
): ChangeBroadcast {
  const changes = new ChangeBroadcast({ resources, feed: sharing?.feed, processId, stopwatch })
  hasBegun.addEventListener('abort', () => changes.end(), { once: true })
  closers.push(() => changes.close())
  return changes
}
