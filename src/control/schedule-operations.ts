import { WEEKDAYS } from '../model/recurrence.ts'
import { REASON, RUN_STATES } from './harvest-operations.ts'
import { DESCRIBED_OPTIONS, JOB_OPTIONS, S3_DESTINATION } from './job-shapes.ts'
import { operation, PAGING } from './typed-operation.ts'
import {
  listOf,
  MOMENT,
  NOTHING,
  oneOf,
  optional,
  structure,
  TEXT,
  type ValueOf,
  WHOLE_NUMBER,
} from './typed-shapes.ts'

const RECURRENCE = structure('Recurrence', {
  minutes: optional(WHOLE_NUMBER),
  hours: optional(WHOLE_NUMBER),
  days: optional(WHOLE_NUMBER),
  weekdays: optional(listOf(oneOf(...WEEKDAYS))),
  at: optional(TEXT),
  timeZone: optional(TEXT),
})

const OVERLAP = structure('Overlap', {
  beforeSeconds: optional(WHOLE_NUMBER),
  afterSeconds: optional(WHOLE_NUMBER),
})

const SCHEDULE = {
  originEndpointId: TEXT,
  every: RECURRENCE,
  startTime: optional(TEXT),
  endTime: optional(TEXT),
  durationSeconds: optional(WHOLE_NUMBER),
  overlap: optional(OVERLAP),
  s3Destination: S3_DESTINATION,
  ...JOB_OPTIONS,
}

const SCHEDULE_RUN = structure('ScheduleRun', {
  startTime: MOMENT,
  endTime: MOMENT,
  recordedAt: MOMENT,
  jobId: optional(TEXT),
  state: optional(oneOf(...RUN_STATES)),
  failure: optional(REASON),
})
/** What became of a window. The state is that of its job, MISSED where there is none, absent where it is unknown. */
export type ScheduleRunReport = ValueOf<typeof SCHEDULE_RUN>

const SCHEDULE_REPORT = structure('HarvestSchedule', {
  id: TEXT,
  arn: TEXT,
  originEndpointId: TEXT,
  every: RECURRENCE,
  startTime: MOMENT,
  endTime: optional(MOMENT),
  durationSeconds: optional(WHOLE_NUMBER),
  overlap: OVERLAP,
  s3Destination: S3_DESTINATION,
  ...DESCRIBED_OPTIONS,
  createdAt: MOMENT,
  modifiedAt: MOMENT,
  state: oneOf('ACTIVE', 'WAITING', 'STOPPED', 'ENDED'),
  nextRun: optional(
    structure('NextRun', {
      startTime: MOMENT,
      endTime: MOMENT,
      jobId: TEXT,
      manifestKey: optional(TEXT),
      dueAt: MOMENT,
    }),
  ),
  lastRuns: optional(listOf(SCHEDULE_RUN)),
})
/** A schedule as it is described. Members that are undefined are left out; `lastRuns` where it is one of a list. */
export type ScheduleReport = ValueOf<typeof SCHEDULE_REPORT>

export const SCHEDULE_OPERATIONS = {
  CreateHarvestSchedule: operation('POST harvest_schedules', {
    summary: 'Creates a schedule, which makes harvest jobs.',
    hasEntityTag: true,
    body: { id: TEXT, ...SCHEDULE },
    output: SCHEDULE_REPORT,
  }),
  ListHarvestSchedules: operation('GET harvest_schedules', {
    summary: 'Lists schedules.',
    query: PAGING,
    output: structure('HarvestSchedules', { harvestSchedules: listOf(SCHEDULE_REPORT), nextToken: optional(TEXT) }),
  }),
  DescribeHarvestSchedule: operation('GET harvest_schedules/{id}', {
    summary: 'Describes a schedule, with its next window and its last ones.',
    hasEntityTag: true,
    output: SCHEDULE_REPORT,
  }),
  UpdateHarvestSchedule: operation('PUT harvest_schedules/{id}', {
    summary: 'Replaces a schedule.',
    hasEntityTag: true,
    body: SCHEDULE,
    output: SCHEDULE_REPORT,
  }),
  DeleteHarvestSchedule: operation('DELETE harvest_schedules/{id}', {
    summary: 'Deletes a schedule and its history; its jobs stay.',
    hasEntityTag: true,
    status: 202,
    output: NOTHING,
  }),
  StopHarvestSchedule: operation('POST harvest_schedules/{id}/stop', {
    summary: 'Stops a schedule until it is started again.',
    hasEntityTag: true,
    output: SCHEDULE_REPORT,
  }),
  StartHarvestSchedule: operation('POST harvest_schedules/{id}/start', {
    summary: 'Starts a schedule with the first window that begins from now on.',
    hasEntityTag: true,
    output: SCHEDULE_REPORT,
  }),
  ListScheduleRuns: operation('GET harvest_schedules/{id}/runs', {
    summary: 'Lists what became of the windows of a schedule, the latest first.',
    query: PAGING,
    output: structure('ScheduleRuns', { runs: listOf(SCHEDULE_RUN), nextToken: optional(TEXT) }),
  }),
}
