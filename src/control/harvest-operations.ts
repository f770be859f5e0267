import { DELIVERABLE_KINDS } from '../model/deliverable.ts'
import { DESCRIBED_OPTIONS, JOB, S3_DESTINATION } from './job-shapes.ts'
import { ORDERED_PAGING, operation, PAGING } from './typed-operation.ts'
import {
  listOf,
  MOMENT,
  NUMBER,
  oneOf,
  optional,
  structure,
  TEXT,
  TRUTH,
  type ValueOf,
  WHOLE_NUMBER,
} from './typed-shapes.ts'

const STATUS = oneOf('IN_PROGRESS', 'SUCCEEDED', 'FAILED')

export const FAILURE = structure('HarvestFailure', {
  code: TEXT,
  message: TEXT,
  nearestWindow: optional(structure('NearestWindow', { startTime: MOMENT, endTime: MOMENT })),
})
export type FailureReport = ValueOf<typeof FAILURE>

/** The states of what is made of a window, or of an event: those of its job, or MISSED where there is none. */
export const RUN_STATES = ['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'MISSED'] as const

/** Why nothing was made of a window, or of an event. */
export const REASON = structure('RunFailure', { code: TEXT, message: TEXT })

const SHOWN = structure('ShownFrames', {
  firstFrame: MOMENT,
  lastFrame: optional(MOMENT),
  deliverables: listOf(
    structure('ShownDeliverable', { kind: oneOf(...DELIVERABLE_KINDS), startTime: MOMENT, endTime: MOMENT }),
  ),
})

/** What an asset shows of what was asked for; absent until it is planned. */
const CONTENT = {
  firstProgramDateTime: optional(MOMENT),
  lastProgramDateTime: optional(MOMENT),
  shown: optional(SHOWN),
}

const GAPS = {
  gaps: optional(
    listOf(
      structure('HarvestGap', {
        startTime: MOMENT,
        endTime: MOMENT,
        track: optional(TEXT),
        range: optional(WHOLE_NUMBER),
      }),
    ),
  ),
  gapCount: optional(WHOLE_NUMBER),
}

const SEGMENT_PROGRESS = structure('SegmentProgress', { planned: optional(WHOLE_NUMBER), written: WHOLE_NUMBER })

const RANGE_REPORT = structure('HarvestRangeReport', {
  originEndpointId: TEXT,
  startTime: TEXT,
  endTime: TEXT,
  ...CONTENT,
  segments: SEGMENT_PROGRESS,
})
export type RangeReport = ValueOf<typeof RANGE_REPORT>

const LOSS = structure('HarvestLoss', {
  sourceObject: TEXT,
  reason: oneOf('missing', 'unreadable', 'damaged', 'unusable'),
  track: TEXT,
  startTime: MOMENT,
  endTime: MOMENT,
  replacedBy: optional(TEXT),
})
export type LossReport = ValueOf<typeof LOSS>

const PROGRESS = structure('HarvestProgress', {
  segments: SEGMENT_PROGRESS,
  objects: WHOLE_NUMBER,
  bytes: WHOLE_NUMBER,
  takenOver: optional(structure('TakenOver', { objects: WHOLE_NUMBER, bytes: WHOLE_NUMBER })),
  tracks: listOf(structure('TrackProgress', { name: TEXT, segments: WHOLE_NUMBER, written: WHOLE_NUMBER })),
  making: optional(structure('FileProgress', { name: TEXT, share: NUMBER })),
  bytesPerSecond: optional(NUMBER),
  secondsLeft: optional(WHOLE_NUMBER),
})
export type ProgressReport = ValueOf<typeof PROGRESS>

export const HARVEST_REPORT = structure('HarvestReport', {
  id: TEXT,
  arn: TEXT,
  channelId: TEXT,
  originEndpointId: TEXT,
  startTime: TEXT,
  endTime: TEXT,
  ranges: optional(listOf(RANGE_REPORT)),
  s3Destination: S3_DESTINATION,
  scheduleId: optional(TEXT),
  ruleId: optional(TEXT),
  createdAt: MOMENT,
  status: STATUS,
  clipId: optional(TEXT),
  ...DESCRIBED_OPTIONS,
  state: oneOf('QUEUED', 'RUNNING', 'CANCELLING', 'SUCCEEDED', 'FAILED', 'CANCELLED'),
  attempts: WHOLE_NUMBER,
  worker: optional(TEXT),
  nextAttemptAt: optional(MOMENT),
  startedAt: optional(MOMENT),
  endedAt: optional(MOMENT),
  progress: optional(PROGRESS),
  ...CONTENT,
  ...GAPS,
  copyRefusal: optional(TEXT),
  lost: optional(listOf(LOSS)),
  failure: optional(FAILURE),
})
/** A job as it is described. Members that are undefined are left out. */
export type HarvestReport = ValueOf<typeof HARVEST_REPORT>

const FORECAST_REPORT = structure('HarvestForecast', {
  wouldSucceed: TRUTH,
  failures: listOf(FAILURE),
  waitsForLiveEdge: TRUTH,
  overwritesParentManifest: optional(TRUTH),
  ...CONTENT,
  ...GAPS,
  segments: optional(WHOLE_NUMBER),
  manifests: optional(WHOLE_NUMBER),
  tracks: optional(listOf(structure('ForecastTrack', { name: TEXT, segments: WHOLE_NUMBER }))),
  ranges: optional(listOf(structure('ForecastRange', { ...CONTENT, segments: WHOLE_NUMBER }))),
})
/** The answer of a preflight. */
export type ForecastReport = ValueOf<typeof FORECAST_REPORT>

export const HARVEST_OPERATIONS = {
  CreateHarvestJob: operation('POST harvest_jobs', {
    summary: 'Creates a harvest job, with options that MediaPackage does not have.',
    body: JOB,
    output: HARVEST_REPORT,
  }),
  PreflightHarvestJob: operation('POST harvest_jobs:preflight', {
    summary: 'Forecasts a harvest job without writing anything.',
    body: { ...JOB, id: optional(TEXT) },
    output: FORECAST_REPORT,
  }),
  ListHarvestJobs: operation('GET harvest_jobs', {
    summary: 'Lists harvest jobs with their progress.',
    query: { includeChannelId: optional(TEXT), includeStatus: optional(STATUS), ...ORDERED_PAGING },
    output: structure('HarvestReports', { harvestJobs: listOf(HARVEST_REPORT), nextToken: optional(TEXT) }),
  }),
  DescribeHarvestJob: operation('GET harvest_jobs/{id}', {
    summary: 'Describes the progress of a harvest job, or its outcome.',
    output: HARVEST_REPORT,
  }),
  CancelHarvestJob: operation('POST harvest_jobs/{id}/cancel', {
    summary: 'Ends a harvest job.',
    status: 202,
    output: HARVEST_REPORT,
  }),
  ListHarvestObjects: operation('GET harvest_jobs/{id}/objects', {
    summary: 'Lists the objects that a harvest job has written.',
    query: PAGING,
    output: structure('HarvestObjects', {
      objects: listOf(structure('HarvestObject', { key: TEXT, size: WHOLE_NUMBER, sha256: TEXT })),
      nextToken: optional(TEXT),
    }),
  }),
  DeleteHarvestObjects: operation('DELETE harvest_jobs/{id}/objects', {
    summary: 'Deletes the objects that a failed harvest job left.',
    output: structure('DeletedObjects', { removed: WHOLE_NUMBER, isComplete: TRUTH }),
  }),
}
