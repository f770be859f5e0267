import { adEventOperations } from './ad-events.ts'
import { backlogOperations } from './backlog.ts'
import { bucketKeyOperations } from './bucket-keys.ts'
import { channelOperations } from './channels.ts'
import { clipOperations } from './clips.ts'
import { clockOperations } from './clock-record.ts'
import { contentKeyOperations } from './content-keys.ts'
import type { SqliteDatabase } from './database.ts'
import { eventOperations } from './events.ts'
import { forgettingOperations } from './forgetting.ts'
import { harvestJobOperations } from './harvest-jobs.ts'
import { originEndpointOperations } from './origin-endpoints.ts'
import { outputSegmentOperations } from './output-segments.ts'
import { outputTimelineOperations } from './output-timelines.ts'
import { retentionOperations } from './retention.ts'
import { ruleOperations } from './rules.ts'
import { runOperations } from './runs.ts'
import { scheduleOperations } from './schedules.ts'
import { scrubOperations } from './scrub-record.ts'
import type { Changes, Operations } from './synchronous.ts'
import { timelineOperations } from './timelines.ts'

export function operations(db: SqliteDatabase, changes: Changes): Operations {
  return {
    ...channelOperations(db, changes),
    ...originEndpointOperations(db, changes),
    ...clipOperations(db, changes),
    ...contentKeyOperations(db),
    ...harvestJobOperations(db, changes),
    ...bucketKeyOperations(db),
    ...scheduleOperations(db, changes),
    ...ruleOperations(db, changes),
    ...eventOperations(db, changes),
    ...backlogOperations(db),
    ...retentionOperations(db),
    ...timelineOperations(db),
    ...adEventOperations(db),
    ...outputSegmentOperations(db),
    ...outputTimelineOperations(db),
    ...runOperations(db),
    ...forgettingOperations(db),
    ...scrubOperations(db),
    ...clockOperations(db),
  }
}
