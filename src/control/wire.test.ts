import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { DEFAULT_LIMITS } from './control-context.ts'
import { failureOf } from './failure.ts'
import { endpointSettings } from './mediapackage-v1/given-endpoint.ts'
import { OPERATIONS } from './mediapackage-v1/operations.ts'
import type { GivenEndpoint } from './mediapackage-v1/packages.ts'
import type { Operation, Shape, Structure } from './operation.ts'
import { readInput, writeOutput } from './wire.ts'

const operation = (name: string): Operation => OPERATIONS.find((each) => each.name === name) as Operation
const CREATE = operation('CreateOriginEndpoint')

function inputOf(body: unknown): unknown {
  return readInput(CREATE, { labels: {}, query: [], body: new TextEncoder().encode(JSON.stringify(body)) })
}

/** Values that mostly fit a shape, with exceptions. */
function arbitrary(shape: Shape): fc.Arbitrary<unknown> {
  const odd = fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 0, 2 ** 31, 1.5, '', '__proto__', 'constructor'))
  return fc.oneof({ weight: 100, arbitrary: fitting(shape) }, { weight: 1, arbitrary: odd })
}

function fitting(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'structure':
      return fc.record(Object.fromEntries(shape.members.map((member) => [member.name, arbitrary(member.shape)])), {
        requiredKeys: shape.members.filter((member) => member.required).map((member) => member.name),
      })
    case 'list':
      return fc.array(arbitrary(shape.of), { maxLength: 3 })
    case 'map':
      return fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), arbitrary(shape.of), { maxKeys: 3 })
    case 'integer':
      return fc.integer({ min: -1, max: 400 })
    case 'number':
      return fc.double()
    case 'any':
      return fc.jsonValue()
    case 'boolean':
      return fc.boolean()
    case 'string':
      return shape.values ? fc.constantFrom(...shape.values) : fc.string({ unit: 'binary', maxLength: 12 })
  }
}

describe('the input of an operation', () => {
  it('is taken or refused with a path, whatever a client sends', () => {
    let read = 0
    fc.assert(
      fc.property(arbitrary(CREATE.input), (body) => {
        try {
          const given = inputOf(body) as GivenEndpoint
          read++
          endpointSettings(given, {
            channelId: 'sports',
            account: { region: 'us-east-1', accountId: '000000000000' },
            maxManifestWindowSeconds: 300,
            keyServers: DEFAULT_LIMITS.keyServers,
          })
        } catch (error) {
          const { status, message } = failureOf(error)
          assert.equal(status, 422, String(error))
          assert.match(message, /^[\w.[\]" ,]+.*: ./s)
        }
      }),
      { seed: 20260304, numRuns: 600 },
    )
    assert.ok(read > 60 && read < 540, `${read} of 600 had the right kinds`)
  })

  it('keeps a tag that is called __proto__', () => {
    const given = inputOf(JSON.parse('{"id":"a","channelId":"b","tags":{"__proto__":"x"}}')) as { tags: object }
    assert.deepEqual(Object.entries(given.tags), [['__proto__', 'x']])
  })

  it('does not read what the prototype has', () => {
    assert.throws(() => inputOf({}), { message: 'channelId: is required' })
  })
})

describe('the answer of an operation', () => {
  it('has nothing the API does not know, and nothing undefined', () => {
    const output = operation('DescribeChannel').output as Structure
    const answer = writeOutput(output, {
      id: 'a',
      guid: 'secret',
      description: undefined,
      hlsIngest: { ingestEndpoints: [{ id: 'b', internal: true }] },
      tags: { any: 'tag' },
    })
    assert.deepEqual(answer, { id: 'a', hlsIngest: { ingestEndpoints: [{ id: 'b' }] }, tags: { any: 'tag' } })
  })
})
