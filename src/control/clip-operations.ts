import type { Member, Operation } from './operation.ts'
import { ID, member, operation, PAGING, STRING } from './windrow-members.ts'

export type ClipOperation =
  | 'CreateClip'
  | 'ListClips'
  | 'DescribeClip'
  | 'UpdateClip'
  | 'DeleteClip'
  | 'MaterialiseClip'
  | 'DescribeUsage'

const CHANGES: readonly Member[] = [
  member('startTime', 'body', STRING),
  member('endTime', 'body', STRING),
  member('cut', 'body', { kind: 'string', values: ['SEGMENT', 'FRAME'] }),
  member('expiresAt', 'body', STRING),
]

const CLIP: readonly Member[] = [
  member('id', 'body', STRING),
  member('channelId', 'body', STRING),
  member('originEndpointId', 'body', STRING),
  ...CHANGES.map((each) => ({ ...each, required: each.name.endsWith('Time') })),
]

/** What a clip does not say itself of the job that is made of it. */
const OF_ITS_JOB = ['s3Destination', 'deliverables', 'encryption']

/** The operations on clips; a clip becomes a job with some of the members of one. */
export function clipOperations(job: readonly Member[]): readonly Operation[] {
  return [
    operation('CreateClip', 'POST clips', 200, CLIP),
    operation('ListClips', 'GET clips', 200, [member('channelId', 'query', STRING), ...PAGING]),
    operation('DescribeClip', 'GET clips/{id}', 200, [ID]),
    operation('UpdateClip', 'PUT clips/{id}', 200, [ID, ...CHANGES]),
    operation('DeleteClip', 'DELETE clips/{id}', 200, [ID]),
    operation('MaterialiseClip', 'POST clips/{id}/materialise', 200, [
      ID,
      member('jobId', 'body', STRING),
      ...job.filter(({ name }) => OF_ITS_JOB.includes(name)),
    ]),
    operation('DescribeUsage', 'GET usage', 200, []),
  ]
}
