import { CHAPTER_ORIGINS, DELIVERABLE_KINDS } from '../model/deliverable.ts'
import { type ClipOperation, clipOperations } from './clip-operations.ts'
import type { Member, Operation, Structure } from './operation.ts'
import { type RuleOperation, ruleOperations } from './rule-operations.ts'
import { type ScheduleOperation, scheduleOperations } from './schedule-operations.ts'
import { BOOLEAN, ID, member, membersOf, operation, PAGING, STRING } from './windrow-members.ts'

/** Windrow's additions to MediaPackage, below a path that no AWS client uses. */
export type WindrowOperation =
  | 'CreateHarvestJob'
  | 'PreflightHarvestJob'
  | 'ListHarvestJobs'
  | 'DescribeHarvestJob'
  | 'CancelHarvestJob'
  | 'ListHarvestObjects'
  | 'DeleteHarvestObjects'
  | 'ListEvents'
  | 'ReplayEvents'
  | 'DescribeInputs'
  | 'CreateIndexSnapshot'
  | 'DeleteIndexSnapshot'
  | 'DescribeStatus'
  | ClipOperation
  | ScheduleOperation
  | RuleOperation

const DELIVERABLE: Structure = {
  kind: 'structure',
  name: 'Deliverable',
  members: [
    member('kind', 'body', { kind: 'string', values: DELIVERABLE_KINDS }, true),
    member('name', 'body', STRING),
    member('poster', 'body', BOOLEAN),
    member('times', 'body', { kind: 'list', of: STRING }),
    member('sprite', 'body', BOOLEAN),
    member('renditions', 'body', { kind: 'string', values: ['BEST', 'ALL'] }),
    member('chapters', 'body', { kind: 'string', values: CHAPTER_ORIGINS }),
  ],
}

const RANGE: Structure = {
  kind: 'structure',
  name: 'HarvestRange',
  members: [
    member('originEndpointId', 'body', STRING),
    member('startTime', 'body', STRING, true),
    member('endTime', 'body', STRING, true),
  ],
}

/** Members of MediaPackage's request that a list of ranges takes the place of. */
const ONE_RANGE = ['originEndpointId', 'startTime', 'endTime']

/** The members of MediaPackage's own request, then Windrow's. */
const JOB: readonly Member[] = [
  ...membersOf('CreateHarvestJob').map((each) => (ONE_RANGE.includes(each.name) ? { ...each, required: false } : each)),
  member('ranges', 'body', { kind: 'list', of: RANGE }),
  member('gapPolicy', 'body', { kind: 'string', values: ['DISCONTINUITY', 'CLAMP', 'FAIL'] }),
  member('earlyEndPolicy', 'body', { kind: 'string', values: ['CLAMP', 'FAIL'] }),
  member('report', 'body', BOOLEAN),
  member('deliverables', 'body', { kind: 'list', of: DELIVERABLE }),
  member('cut', 'body', { kind: 'string', values: ['SEGMENT', 'FRAME', 'FRAME_EXACT'] }),
  member('encryption', 'body', { kind: 'string', values: ['AS_SERVED', 'NONE'] }),
]

export const WINDROW_OPERATIONS: readonly Operation[] = [
  operation('CreateHarvestJob', 'POST harvest_jobs', 200, JOB),
  operation(
    'PreflightHarvestJob',
    'POST harvest_jobs:preflight',
    200,
    JOB.map((each) => (each.name === 'id' ? { ...each, required: false } : each)),
  ),
  operation('ListHarvestJobs', 'GET harvest_jobs', 200, membersOf('ListHarvestJobs')),
  operation('DescribeHarvestJob', 'GET harvest_jobs/{id}', 200, [ID]),
  operation('CancelHarvestJob', 'POST harvest_jobs/{id}/cancel', 202, [ID]),
  operation('ListHarvestObjects', 'GET harvest_jobs/{id}/objects', 200, [ID, ...PAGING]),
  operation('DeleteHarvestObjects', 'DELETE harvest_jobs/{id}/objects', 200, [ID]),
  operation('ListEvents', 'GET events', 200, PAGING),
  operation('ReplayEvents', 'POST event_sinks/{id}/replay', 202, [ID, member('after', 'body', STRING)]),
  operation('DescribeInputs', 'GET channels/{id}/inputs', 200, [ID]),
  operation('CreateIndexSnapshot', 'POST index_snapshots', 200, []),
  operation('DeleteIndexSnapshot', 'DELETE index_snapshots/{id}', 200, [ID]),
  operation('DescribeStatus', 'GET status', 200, PAGING),
  ...scheduleOperations(JOB),
  ...ruleOperations(JOB),
  ...clipOperations(JOB),
]
