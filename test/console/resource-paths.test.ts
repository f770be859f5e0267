import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { branchesOf, messageOf, typeText, wordOf } from '../../console/src/events/event-words.ts'
import { arnTarget, harvestJobPath } from '../../console/src/resources/resource-paths.ts'

const arn = (resource: string) => `arn:aws:mediapackage:us-east-1:000000000000:${resource}`

describe('an ARN', () => {
  const known = [{ arn: arn('channels/0123abcd'), id: 'news' }]

  it('leads to the page of what it names, by its id', () => {
    assert.deepEqual(arnTarget(arn('harvest_jobs/goal'), known), {
      kind: 'Harvest job',
      name: 'goal',
      path: '/harvest-jobs/goal',
    })
    assert.deepEqual(arnTarget(arn('channels/0123abcd'), known), {
      kind: 'Channel',
      name: 'news',
      path: '/channels/news',
    })
  })

  it('of what is gone is told by its GUID, without a page', () => {
    assert.deepEqual(arnTarget(arn('origin_endpoints/ffff'), known), { kind: 'Origin endpoint', name: 'ffff' })
  })

  it('of anything else is text', () => {
    for (const other of [
      '',
      'x',
      arn('__proto__/a'),
      arn('constructor/a'),
      arn('channels/a b'),
      'javascript:alert(1)',
    ]) {
      assert.equal(arnTarget(other, known), undefined, other)
    }
  })
})

describe('a path', () => {
  it('is one segment below its list, whatever the id is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (id) => {
        const path = harvestJobPath(id.replaceAll(/[\uD800-\uDFFF]/g, '?'))
        assert.equal(path.split('/').length, 3)
        assert.ok(new URL(path, 'http://w').pathname.startsWith('/harvest-jobs'), path)
      }),
    )
  })
})

describe('an event', () => {
  it('is told by its type, what has happened, and its message', () => {
    assert.equal(typeText({ 'detail-type': 'MediaPackage HarvestJob Notification' }), 'HarvestJob')
    assert.equal(typeText({ 'detail-type': 'Windrow Self-Check Notification' }), 'Self-Check')
    assert.equal(wordOf({ detail: { harvest_job: { status: 'FAILED' } } }), 'FAILED')
    assert.equal(wordOf({ detail: { event: 'InputSwitchEvent', message: 'x' } }), 'InputSwitchEvent')
    assert.equal(wordOf({ detail: { event: { a: 1 } } }), '–')
    assert.equal(messageOf({ detail: { message: 7 } }), '')
  })

  it('has details as a tree, whatever they are', () => {
    assert.deepEqual(branchesOf({ a: { b: [1, 'x'] }, c: null, d: [], e: {}, f: false }), [
      {
        name: 'a',
        branches: [
          {
            name: 'b',
            branches: [
              { name: '1', text: '1' },
              { name: '2', text: 'x' },
            ],
          },
        ],
      },
      { name: 'c', text: 'null' },
      { name: 'd', text: '[]' },
      { name: 'e', text: '{}' },
      { name: 'f', text: 'false' },
    ])
    const deep = Array.from({ length: 50 }).reduce<object>((inner) => ({ inner }), {})
    assert.match(JSON.stringify(branchesOf(deep)), /\{\\"inner\\":/)
    fc.assert(fc.property(fc.jsonValue(), (value) => void branchesOf(value)))
  })
})
