import type { IndexSharing, SegmentIndex } from '../segment-index.ts'
import { ObjectAbandoned } from '../staged-objects.ts'
import { stepwise } from '../stepwise.ts'
import { adEventOperations } from './ad-events.ts'
import { clockOperations } from './clock-record.ts'
import { commitOperations } from './commits.ts'
import type { Versions } from './content-versions.ts'
import type { Queries } from './database.ts'
import { forgettingOperations } from './forgetting.ts'
import { outputSegmentOperations } from './output-segments.ts'
import { outputTimelineOperations } from './output-timelines.ts'
import { lockChannel } from './row-locks.ts'
import { runOperations } from './runs.ts'
import { scrubOperations } from './scrub-record.ts'
import { timelineOperations } from './timelines.ts'

type Committed = (channelGuid: string, versions: Versions) => void

/**
 * The segment index of all channels, which any number of processes may write at once. `committed` is called after each
 * commit of this one.
 */
export function postgresSegmentIndex(db: Queries, committed: Committed): SegmentIndex {
  const { forgetSomeOfChannel, ...forgetting } = forgettingOperations(db)
  const outputSegments = outputSegmentOperations(db)
  return {
    ...timelineOperations(db),
    ...adEventOperations(db),
    ...commitOperations(db, committed),
    ...outputSegments,
    ...outputTimelineOperations(db),
    ...runOperations(db),
    ...forgetting,
    ...scrubOperations(db),
    ...clockOperations(db),
    ...stepwise({ ...outputSegments, forgetSomeOfChannel }),
  }
}

/** Changes of a channel that read what they change, each a transaction that has locked the channel first. */
export function channelChanges(db: Queries, committed: Committed): Pick<IndexSharing, 'changing'> {
  return {
    async changing<T>(channelGuid: string, work: (index: SegmentIndex) => Promise<T>): Promise<T> {
      let commits: (readonly [string, Versions])[] = []
      const done = await db.transaction(async ({ queries }) => {
        commits = []
        const index = postgresSegmentIndex(queries, (...commit) => commits.push(commit))
        const locked = lockChannel(channelGuid).map(([sql, ...values]) => queries.all(sql, ...values))
        // In one round trip, and read when all is locked.
        const [versions] = await Promise.all([index.versionsOf(channelGuid), ...locked])
        const versionsOf = async (guid: string) =>
          guid === channelGuid && commits.length === 0 ? versions : index.versionsOf(guid)
        try {
          return { result: await work({ ...index, versionsOf }) }
        } catch (error) {
          // It has had the object deleted again, which is to be committed.
          if (error instanceof ObjectAbandoned) return { error }
          throw error
        }
      })
      for (const commit of commits) committed(...commit)
      if ('error' in done) throw done.error
      return done.result
    },
  }
}
