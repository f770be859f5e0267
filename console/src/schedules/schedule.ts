import { AUTOMATION_ID_FIELD, type Automation } from '../automations/automation.ts'
import { schedulePath } from '../resources/resource-paths.ts'
import { viewerZone } from '../time/zone-choice.ts'
import { scheduleSections } from './schedule-fields.ts'

export const SCHEDULE: Automation = {
  noun: 'schedule',
  title: 'Schedule',
  kind: 'harvestSchedule',
  apiPath: '/windrow/v1/harvest_schedules',
  listPath: '/schedules',
  pathOf: schedulePath,
  endpoint: 'The endpoint that is harvested, as it is when each job is made.',
  sections: (endpoint, isNew) =>
    isNew ? scheduleSections(endpoint, viewerZone(), [AUTOMATION_ID_FIELD]) : scheduleSections(endpoint, 'UTC', []),
}
