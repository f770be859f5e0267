import { randomBytes } from 'node:crypto'
import type { Log } from '../../log.ts'
import type { ContentFeed } from '../content-feed.ts'
import { DatabaseRefused, type Resources } from '../resources.ts'
import type { IndexSharing, SegmentIndex } from '../segment-index.ts'
import type { StagedObjects } from '../staged-objects.ts'
import type { WorkClaims } from '../work-claims.ts'
import { backlogOperations } from './backlog.ts'
import { bucketKeyOperations } from './bucket-keys.ts'
import { ChangeFeed } from './change-feed.ts'
import { channelOperations } from './channels.ts'
import { clipOperations } from './clips.ts'
import { reasonOf } from './connection.ts'
import { PostgresContentFeed } from './content-feed.ts'
import { contentKeyOperations } from './content-keys.ts'
import { PostgresDatabase } from './database.ts'
import { eventOperations } from './events.ts'
import { harvestJobOperations } from './harvest-jobs.ts'
import { harvestLeaseOperations } from './harvest-leases.ts'
import { migrate, refuseUnfinished } from './migrate.ts'
import { NoticeConnection } from './notice-connection.ts'
import { originEndpointOperations } from './origin-endpoints.ts'
import { placeOf } from './place.ts'
import { retentionOperations } from './retention.ts'
import { ruleOperations } from './rules.ts'
import { scheduleOperations } from './schedules.ts'
import { channelChanges, postgresSegmentIndex } from './segment-index.ts'
import { stagedObjectOperations } from './staged-objects.ts'
import { type SteadyRecord, steadyRecord } from './steady-record.ts'
import { workClaimOperations } from './work-claims.ts'

export type PostgresStore = {
  readonly resources: Resources
  readonly segmentIndex: SegmentIndex
  readonly changing: IndexSharing['changing']
  readonly stagedObjects: StagedObjects
  readonly workClaims: WorkClaims
  readonly contentFeed: ContentFeed
  /** What the steady clocks of processes that share the segment index go by. */
  readonly steadyRecord: SteadyRecord
  /** A secret of 32 bytes, which is made once for the database. */
  nonceKey(): Promise<Uint8Array>
  /** Finishes the requests under way, then closes every connection. */
  close(): Promise<void>
}

export type PostgresOptions = {
  /** `postgres://user:password@host:port/database`, with parameters of libpq such as `sslmode`. */
  readonly url: string
  /** Connections for requests. One more receives the changes of other processes, and tells them of commits. */
  readonly poolSize: number
  readonly log: Log
}

/**
 * Channels, endpoints, jobs, events, the segment index and claims of work in the schema `windrow` of a PostgreSQL
 * database, which several processes may share. Throws DatabaseRefused when the database cannot be used; later, every
 * call rejects with StoreUnavailable as long as the database does not answer.
 */
export async function openPostgresStore({ url, poolSize, log }: PostgresOptions): Promise<PostgresStore> {
  const refuse = (error: unknown): never => {
    throw new DatabaseRefused(`cannot use the database ${placeOf(url)}: ${reasonOf(error)}`, { cause: error })
  }
  const notices = await NoticeConnection.open(url, log).catch(refuse)
  const feed = await ChangeFeed.open(notices).catch(async (error: unknown) => {
    await notices.close()
    return refuse(error)
  })
  const db = new PostgresDatabase({
    url,
    poolSize,
    log,
    announce: (changes) => feed.announcement(changes),
    committed: (changes) => feed.tell(changes),
    tellSoon: (change) => feed.tellSoon(change),
  })
  let contentFeed: PostgresContentFeed | undefined
  const close = async () => {
    await db.close()
    feed.close()
    await contentFeed?.close()
    await notices.close()
  }
  try {
    await migrate(db)
    await refuseUnfinished(db)
    const fsync = await db.get<{ fsync: string }>('SHOW fsync')
    if (fsync?.fsync === 'off')
      log.warn(
        { event: 'database-without-fsync' },
        'the database has fsync switched off: a power cut can lose what it acknowledged',
      )
    contentFeed = await PostgresContentFeed.open({ notices, db, log })
  } catch (error) {
    await close()
    return refuse(error)
  }
  const committed = contentFeed.committed.bind(contentFeed)
  return {
    resources: {
      ...channelOperations(db),
      ...originEndpointOperations(db),
      ...clipOperations(db),
      ...contentKeyOperations(db),
      ...harvestJobOperations(db),
      ...harvestLeaseOperations(db),
      ...bucketKeyOperations(db),
      ...scheduleOperations(db),
      ...ruleOperations(db),
      ...eventOperations(db),
      ...backlogOperations(db),
      ...retentionOperations(db),
      onChange: (listener) => feed.onChange(listener),
    },
    segmentIndex: postgresSegmentIndex(db, committed),
    ...channelChanges(db, committed),
    stagedObjects: stagedObjectOperations(db),
    workClaims: workClaimOperations(db),
    contentFeed,
    steadyRecord: steadyRecord(db),
    async nonceKey() {
      const key = randomBytes(32).toString('hex')
      await db.run('INSERT INTO windrow.nonce_key (key) VALUES ($1) ON CONFLICT DO NOTHING', key)
      return Buffer.from((await db.get<{ key: string }>('SELECT key FROM windrow.nonce_key'))!.key, 'hex')
    },
    close,
  }
}
