import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { differencesOf, textOf, withMine } from '../../console/src/forms/differences.ts'
import { draftOf, newDraft, requestOf } from '../../console/src/forms/draft.ts'
import type { Draft, Request } from '../../console/src/forms/field.ts'
import { pathsOf, refusedMember } from '../../console/src/forms/refused-member.ts'
import {
  CHANGE_FIELDS,
  CREATE_FIELDS,
  type PackageName,
  withPackage,
} from '../../console/src/origin-endpoints/origin-endpoint-fields.ts'
import { PACKAGE_FIELDS } from '../../console/src/origin-endpoints/package-fields.ts'
import { DEFAULT_LIMITS } from '../../src/control/control-context.ts'
import { describedPackage } from '../../src/control/mediapackage-v1/described-packages.ts'
import { endpointSettings } from '../../src/control/mediapackage-v1/given-endpoint.ts'
import { OPERATIONS } from '../../src/control/mediapackage-v1/operations.ts'
import type { GivenEndpoint } from '../../src/control/mediapackage-v1/packages.ts'
import type { Operation, Shape, Structure } from '../../src/control/operation.ts'
import { readInput } from '../../src/control/wire.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import { RuleViolation } from '../../src/model/rule-violation.ts'
import { disagreements } from './field-shapes.ts'

const account = { region: 'us-east-1', accountId: '000000000000' }

const [CREATE, UPDATE] = ['CreateOriginEndpoint', 'UpdateOriginEndpoint'].map((name) => {
  const operation = OPERATIONS.find((each) => each.name === name)
  assert.ok(operation)
  return operation
}) as [Operation, Operation]

/** Members of the requests that the form does not have: the server refuses them, or a page gives them. */
const LEFT_OUT = [
  'channelId',
  'hlsPackage.encryption.spekeKeyProvider.encryptionContractConfiguration',
  'mssPackage.encryption.spekeKeyProvider.encryptionContractConfiguration',
]

/** Any value of a shape that JSON can have. Texts have a character: an empty one is as if it were absent. */
function valuesOf(shape: Shape, prefix: string): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'string':
      return shape.values ? fc.constantFrom(...shape.values) : fc.string({ unit: 'grapheme', minLength: 1 })
    case 'integer':
      return fc.maxSafeInteger()
    case 'boolean':
      return fc.boolean()
    case 'list':
      return fc.array(valuesOf(shape.of, prefix), { maxLength: 4 })
    case 'map':
      return fc.dictionary(fc.string(), valuesOf(shape.of, prefix))
    case 'structure':
      return structuresOf(shape, prefix)
    case 'number':
      return fc.double({ noNaN: true })
    case 'any':
      return fc.jsonValue()
  }
}

function structuresOf({ members }: Structure, prefix = ''): fc.Arbitrary<Request> {
  const body = members.filter(({ place, name }) => place === 'body' && !LEFT_OUT.includes(prefix + name))
  const model = Object.fromEntries(body.map(({ name, shape }) => [name, valuesOf(shape, `${prefix}${name}.`)]))
  return fc.record(model, { requiredKeys: body.filter(({ required }) => required).map(({ name }) => name) })
}

/** As the server reads it. */
function readBy(operation: Operation, request: Request): unknown {
  const body = Buffer.from(JSON.stringify({ channelId: 'news', ...request }))
  return readInput(operation, { labels: { id: 'news-hls' }, query: [], body })
}

describe('the table of fields of origin endpoints', () => {
  it('has every member of the requests that create and update one, with the values that the API allows', () => {
    assert.deepEqual(disagreements(CREATE.input, CREATE_FIELDS, LEFT_OUT), [])
    assert.deepEqual(disagreements(UPDATE.input, CHANGE_FIELDS, LEFT_OUT), [])
  })

  it('loses nothing of a request that is read into a form and sent again', () => {
    const cases = [
      [CREATE, CREATE_FIELDS],
      [UPDATE, CHANGE_FIELDS],
    ] as const
    for (const [operation, fields] of cases) {
      fc.assert(
        fc.property(structuresOf(operation.input), (request) => {
          const draft: Draft = JSON.parse(JSON.stringify(draftOf(fields, request)))
          assert.deepEqual(readBy(operation, requestOf(fields, draft)), readBy(operation, request))
        }),
      )
    }
  })

  it('begins with the values that the server has by default', () => {
    for (const { name, fields } of PACKAGE_FIELDS) {
      const begun = requestOf(CREATE_FIELDS, withPackage(newDraft(CREATE_FIELDS), name))
      const least = name === 'cmafPackage' ? { cmafPackage: { hlsManifests: [{ id: 'main' }] } } : { [name]: {} }
      const described = [begun, least].map((given) => {
        const settings = endpointSettings(given as GivenEndpoint, { channelId: 'news', account, ...DEFAULT_LIMITS })
        return { ...settings, ...describedPackage(settings as OriginEndpoint, 'http://origin') }
      })
      assert.deepEqual(described[0], described[1], name)
      assert.ok(fields.length > 3)
    }
  })

  it('sends what is no whole number as it was written, for the server to refuse', () => {
    const draft = { ...newDraft(CREATE_FIELDS), id: 'news', startoverWindowSeconds: '1e3' }
    const request = requestOf(CREATE_FIELDS, draft)
    assert.equal(request['startoverWindowSeconds'], '1e3')
    assert.throws(
      () => readBy(CREATE, request),
      (error) => error instanceof RuleViolation && error.path === 'startoverWindowSeconds',
    )
  })
})

describe('a refusal', () => {
  const draft = withPackage(newDraft(CREATE_FIELDS), 'cmafPackage')

  it('is told at the member that its message names', () => {
    const cases = [
      ['id: is required', 'id', 'is required'],
      ['tags["a: b"]: a key must not begin with "aws:"', 'tags', 'tags["a: b"]: a key must not begin with "aws:"'],
      [
        'cmafPackage.hlsManifests[0].id: must be unique in the endpoint',
        'cmafPackage.hlsManifests[0].id',
        'must be unique in the endpoint',
      ],
      [
        'cmafPackage.encryption.spekeKeyProvider.systemIds[2]: must be a UUID, got "x"',
        'cmafPackage.encryption.spekeKeyProvider.systemIds',
        'cmafPackage.encryption.spekeKeyProvider.systemIds[2]: must be a UUID, got "x"',
      ],
    ] as const
    for (const [message, path, said] of cases) {
      assert.deepEqual(refusedMember(message, CREATE_FIELDS, draft), { path, message: said })
    }
  })

  it('is told of the whole form where its message names none of its members', () => {
    const messages = [
      'hlsPackage, dashPackage, mssPackage, cmafPackage: exactly one is required',
      'request body: must be an object, got null',
      'channelId: there is no channel with the id "news"',
      'Limit exceeded: at most 10 origin endpoints on a channel',
      'The server does not answer.',
    ]
    for (const message of messages) assert.deepEqual(refusedMember(message, CREATE_FIELDS, draft), { message })
  })

  it('of any rule that the server has for endpoints finds its member', () => {
    const wrong: readonly (readonly [PackageName, Request])[] = [
      ['hlsPackage', { description: 'x'.repeat(1025) }],
      ['hlsPackage', { manifestName: 'a/b' }],
      ['hlsPackage', { startoverWindowSeconds: -1 }],
      ['hlsPackage', { timeDelaySeconds: 3 }],
      ['hlsPackage', { whitelist: ['10.0.0.0/8', '10.0.0.0/33'] }],
      ['hlsPackage', { authorization: { cdnIdentifierSecret: 'x', secretsRoleArn: 'y' } }],
      ['hlsPackage', { hlsPackage: { segmentDurationSeconds: 31 } }],
      ['hlsPackage', { hlsPackage: { adMarkers: 'DATERANGE' } }],
      ['dashPackage', { dashPackage: { utcTimingUri: 'http://time' } }],
      ['cmafPackage', { cmafPackage: { hlsManifests: [{ id: 'a' }, { id: 'a' }] } }],
      ['mssPackage', { mssPackage: { streamSelection: { minVideoBitsPerSecond: 2, maxVideoBitsPerSecond: 1 } } }],
    ]
    for (const [name, given] of wrong) {
      const request = { [name]: {}, ...given }
      const form = draftOf(CHANGE_FIELDS, request)
      assert.throws(
        () => endpointSettings(request as GivenEndpoint, { channelId: 'news', account, ...DEFAULT_LIMITS }),
        (error) => {
          assert.ok(error instanceof RuleViolation)
          const { path } = refusedMember(error.message, CHANGE_FIELDS, form)
          assert.ok(path !== undefined && pathsOf(CHANGE_FIELDS, form).includes(path), error.message)
          return error.path.startsWith(path)
        },
      )
    }
  })
})

describe('two changes of one endpoint', () => {
  const base = requestOf(CHANGE_FIELDS, withPackage(newDraft(CHANGE_FIELDS), 'hlsPackage'))
  const hls = base['hlsPackage'] as Request

  it('are told apart by member, and neither is lost', () => {
    const mine = {
      ...base,
      description: 'mine',
      hlsPackage: { ...hls, segmentDurationSeconds: 4, adMarkers: 'PASSTHROUGH' },
    }
    const theirs = {
      ...base,
      description: 'theirs',
      startoverWindowSeconds: 60,
      hlsPackage: { ...hls, segmentDurationSeconds: 4 },
    }
    const found = differencesOf(CHANGE_FIELDS, { before: base, mine, theirs })
    assert.deepEqual(
      found.map(({ path, changedBy, mine, theirs }) => [path, changedBy, mine, theirs]),
      [
        ['description', 'both', 'mine', 'theirs'],
        ['startoverWindowSeconds', 'other', 0, 60],
        ['hlsPackage.adMarkers', 'me', 'PASSTHROUGH', 'NONE'],
      ],
    )
    const kept = found.filter(({ changedBy }) => changedBy === 'me')
    assert.deepEqual(withMine(theirs, kept), { ...theirs, hlsPackage: mine.hlsPackage })
    assert.deepEqual(withMine(theirs, []), theirs)
  })

  it('give what I have where all of mine is taken, whatever was changed', () => {
    const changes = structuresOf(UPDATE.input)
    fc.assert(
      fc.property(changes, changes, changes, (before, mine, theirs) => {
        const versions = { before, mine, theirs }
        const found = differencesOf(CHANGE_FIELDS, versions)
        assert.equal(textOf(withMine(theirs, found)), textOf(mine))
        const others = found.filter(({ changedBy }) => changedBy === 'other')
        for (const { before, mine } of others) assert.equal(textOf(mine), textOf(before))
        if (textOf(mine) !== textOf(theirs)) assert.ok(found.length > 0)
      }),
    )
  })
})
