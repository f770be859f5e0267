import { OPERATIONS } from './mediapackage-v1/operations.ts'
import type { Member, Operation, Shape, Structure } from './operation.ts'

export const STRING: Shape = { kind: 'string' }
export const INTEGER: Shape = { kind: 'integer' }
export const BOOLEAN: Shape = { kind: 'boolean' }

export const member = (name: string, place: Member['place'], shape: Shape, required = false): Member => ({
  name,
  place,
  required,
  shape,
})

export const ID = member('id', 'path', STRING, true)
export const PAGING = [member('maxResults', 'query', INTEGER), member('nextToken', 'query', STRING)]

/**
 * Makes an operation; `request` is the method and the path below `/windrow/v1/`, where `{name}` stands for a segment.
 */
export function operation(name: string, request: string, status: number, members: readonly Member[]): Operation {
  const [method = '', path = ''] = request.split(' ')
  const segments = ['windrow', 'v1', ...path.split('/')].map((segment) =>
    segment.startsWith('{') ? { label: segment.slice(1, -1) } : segment,
  )
  return { name, method, segments, status, input: structure(members), output: undefined }
}

function structure(members: readonly Member[]): Structure {
  return { kind: 'structure', name: 'Input', members }
}

/** The members of the request of an operation of MediaPackage. */
export function membersOf(name: string): readonly Member[] {
  return OPERATIONS.find((each) => each.name === name)?.input.members ?? []
}

/** What a schedule, or a rule, says itself of the jobs that it makes. */
const OF_ONE_JOB = ['id', 'originEndpointId', 'startTime', 'endTime', 'ranges']

/** Those members of a job that all jobs of a schedule, or a rule, have. */
export function membersOfMany(job: readonly Member[]): readonly Member[] {
  return job.filter(({ name }) => !OF_ONE_JOB.includes(name))
}
