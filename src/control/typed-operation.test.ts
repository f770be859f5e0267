import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FailureReport } from './harvest-operations.ts'
import { JOB } from './job-shapes.ts'
import { OPERATIONS } from './mediapackage-v1/operations.ts'
import { type HandlersOf, type InputsOf, namedOperations, type OutputsOf, operation } from './typed-operation.ts'
import { listOf, membersOf, oneOf, optional, structure, TEXT, WHOLE_NUMBER } from './typed-shapes.ts'

const DECLARATIONS = {
  changeThing: operation('PUT things/{id}/parts/{part}', {
    summary: 'Changes a part of a thing.',
    status: 202,
    query: { depth: optional(WHOLE_NUMBER) },
    body: { name: TEXT, colour: optional(oneOf('RED', 'BLUE')) },
    output: structure('Thing', { names: listOf(TEXT), count: optional(WHOLE_NUMBER) }),
  }),
}

describe('an operation that is declared', () => {
  it('has the members of its path, its query and its body', () => {
    const [only] = namedOperations(DECLARATIONS)
    assert.equal(only?.name, 'changeThing')
    assert.equal(only.method, 'PUT')
    assert.equal(only.status, 202)
    assert.deepEqual(only.segments, ['windrow', 'v1', 'things', { label: 'id' }, 'parts', { label: 'part' }])
    assert.deepEqual(
      only.input.members.map(({ name, place, required }) => [name, place, required]),
      [
        ['id', 'path', true],
        ['part', 'path', true],
        ['depth', 'query', false],
        ['name', 'body', true],
        ['colour', 'body', false],
      ],
    )
  })

  it('has types: what differs from the declaration does not compile', () => {
    const given: InputsOf<typeof DECLARATIONS>['changeThing'] = { id: 'a', part: 'b', name: 'c', colour: 'RED' }
    assert.ok(given)
    const told: OutputsOf<typeof DECLARATIONS>['changeThing'] = { names: ['a'], count: undefined }
    assert.ok(told)
    // @ts-expect-error: a label of the path is missing
    const unlabelled: InputsOf<typeof DECLARATIONS>['changeThing'] = { id: 'a', name: 'c' }
    // @ts-expect-error: there is no such colour
    const green: InputsOf<typeof DECLARATIONS>['changeThing'] = { id: 'a', part: 'b', name: 'c', colour: 'GREEN' }
    // @ts-expect-error: what was read from JSON is missing, not undefined
    const absent: InputsOf<typeof DECLARATIONS>['changeThing'] = { id: 'a', part: 'b', name: 'c', colour: undefined }
    // @ts-expect-error: a member that is not declared
    const more: OutputsOf<typeof DECLARATIONS>['changeThing'] = { names: ['a'], size: 1 }
    // @ts-expect-error: a member of another type
    const other: OutputsOf<typeof DECLARATIONS>['changeThing'] = { names: 'a' }
    // @ts-expect-error: an answer without a member that is required
    const handlers: HandlersOf<typeof DECLARATIONS> = { changeThing: async () => ({ count: 1 }) }
    // @ts-expect-error: a failure without its sentence
    const failure: FailureReport = { code: 'NoSuchBucket' }
    assert.equal([unlabelled, green, absent, more, other, handlers, failure].length, 7)
  })
})

it('a job of our own API has the members of MediaPackage’s', () => {
  const [theirs = []] = OPERATIONS.filter(({ name }) => name === 'CreateHarvestJob').map(({ input }) => input.members)
  const own = membersOf(JOB, 'body').slice(0, theirs.length)
  // A list of ranges takes the place of three.
  assert.deepEqual(
    own.map((member) => ({ ...member, required: true })),
    theirs,
  )
})
