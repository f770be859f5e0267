import { WEEKDAYS } from '../model/recurrence.ts'
import type { Member, Operation, Structure } from './operation.ts'
import { ID, INTEGER, member, membersOfMany, operation, PAGING, STRING } from './windrow-members.ts'

export type ScheduleOperation =
  | 'CreateHarvestSchedule'
  | 'ListHarvestSchedules'
  | 'DescribeHarvestSchedule'
  | 'UpdateHarvestSchedule'
  | 'DeleteHarvestSchedule'
  | 'StopHarvestSchedule'
  | 'StartHarvestSchedule'
  | 'ListScheduleRuns'

const RECURRENCE: Structure = {
  kind: 'structure',
  name: 'Recurrence',
  members: [
    member('minutes', 'body', INTEGER),
    member('hours', 'body', INTEGER),
    member('days', 'body', INTEGER),
    member('weekdays', 'body', { kind: 'list', of: { kind: 'string', values: WEEKDAYS } }),
    member('at', 'body', STRING),
    member('timeZone', 'body', STRING),
  ],
}

const OVERLAP: Structure = {
  kind: 'structure',
  name: 'Overlap',
  members: [member('beforeSeconds', 'body', INTEGER), member('afterSeconds', 'body', INTEGER)],
}

/** The operations on schedules, which take the members of a job that all of their jobs have. */
export function scheduleOperations(job: readonly Member[]): readonly Operation[] {
  const schedule = [
    member('originEndpointId', 'body', STRING, true),
    member('every', 'body', RECURRENCE, true),
    member('startTime', 'body', STRING),
    member('endTime', 'body', STRING),
    member('durationSeconds', 'body', INTEGER),
    member('overlap', 'body', OVERLAP),
    ...membersOfMany(job),
  ]
  return [
    operation('CreateHarvestSchedule', 'POST harvest_schedules', 200, [
      member('id', 'body', STRING, true),
      ...schedule,
    ]),
    operation('ListHarvestSchedules', 'GET harvest_schedules', 200, PAGING),
    operation('DescribeHarvestSchedule', 'GET harvest_schedules/{id}', 200, [ID]),
    operation('UpdateHarvestSchedule', 'PUT harvest_schedules/{id}', 200, [ID, ...schedule]),
    operation('DeleteHarvestSchedule', 'DELETE harvest_schedules/{id}', 202, [ID]),
    operation('StopHarvestSchedule', 'POST harvest_schedules/{id}/stop', 200, [ID]),
    operation('StartHarvestSchedule', 'POST harvest_schedules/{id}/start', 200, [ID]),
    operation('ListScheduleRuns', 'GET harvest_schedules/{id}/runs', 200, [ID, ...PAGING]),
  ]
}
