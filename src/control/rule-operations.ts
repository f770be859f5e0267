import { EVENT_WORDS } from '../model/event-selection.ts'
import type { Member, Operation } from './operation.ts'
import { ID, INTEGER, member, membersOfMany, operation, PAGING, STRING } from './windrow-members.ts'

export type RuleOperation =
  | 'CreateHarvestRule'
  | 'ListHarvestRules'
  | 'DescribeHarvestRule'
  | 'UpdateHarvestRule'
  | 'DeleteHarvestRule'
  | 'StopHarvestRule'
  | 'StartHarvestRule'
  | 'ListRuleRuns'

/** The operations on rules, which take the members of a job that all of their jobs have. */
export function ruleOperations(job: readonly Member[]): readonly Operation[] {
  const rule = [
    member('originEndpointId', 'body', STRING, true),
    member('events', 'body', { kind: 'list', of: { kind: 'string', values: EVENT_WORDS } }),
    member('segmentationTypeIds', 'body', { kind: 'list', of: INTEGER }),
    member('upid', 'body', STRING),
    member('minDurationSeconds', 'body', INTEGER),
    member('maxDurationSeconds', 'body', INTEGER),
    member('action', 'body', { kind: 'string', values: ['JOB', 'CLIP'] }),
    member('expiresAfterSeconds', 'body', INTEGER),
    // Clips have no destination.
    ...membersOfMany(job).map((each) => ({ ...each, required: false })),
  ]
  return [
    operation('CreateHarvestRule', 'POST harvest_rules', 200, [member('id', 'body', STRING, true), ...rule]),
    operation('ListHarvestRules', 'GET harvest_rules', 200, PAGING),
    operation('DescribeHarvestRule', 'GET harvest_rules/{id}', 200, [ID]),
    operation('UpdateHarvestRule', 'PUT harvest_rules/{id}', 200, [ID, ...rule]),
    operation('DeleteHarvestRule', 'DELETE harvest_rules/{id}', 202, [ID]),
    operation('StopHarvestRule', 'POST harvest_rules/{id}/stop', 200, [ID]),
    operation('StartHarvestRule', 'POST harvest_rules/{id}/start', 200, [ID]),
    operation('ListRuleRuns', 'GET harvest_rules/{id}/runs', 200, [ID, ...PAGING]),
  ]
}
