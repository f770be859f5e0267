import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ResourceChange } from '../resources.ts'
import { noticeText, noticeTexts, parseChangeNotice } from './change-notice.ts'

const EVERYTHING = { by: '', changes: [{ kind: 'everything' }] }
const jobs = (count: number) =>
  Array.from({ length: count }, (_, i): ResourceChange => {
    return { kind: 'harvestJob', id: `${'größe'.repeat(20)}-${i}` }
  })

describe('notices of changes', () => {
  it('give back changes of every kind', () => {
    const changes: ResourceChange[] = [
      { kind: 'channel', id: 'a', guid: 'g' },
      { kind: 'originEndpoint', id: 'e', guid: 'h', channelGuid: 'g' },
      ...(['clip', 'harvestJob', 'harvestSchedule', 'harvestRule', 'event'] as const).map((kind) => ({
        kind,
        id: 'x',
      })),
      { kind: 'everything' },
    ]
    assert.deepEqual(parseChangeNotice(noticeText('me', changes)), { by: 'me', changes })
  })

  it('say that anything has changed where a transaction has changed more than fits in one', () => {
    const text = noticeText('me', jobs(100))
    assert.deepEqual(parseChangeNotice(text), { by: 'me', changes: [{ kind: 'everything' }] })
  })

  it('are as many as it takes, each small enough for PostgreSQL, with all changes in their order', () => {
    for (const count of [0, 1, 2, 100, 1000]) {
      const texts = noticeTexts('me', jobs(count))
      assert.deepEqual(
        texts.flatMap((text) => parseChangeNotice(text).changes),
        jobs(count),
      )
      assert.ok(texts.every((text) => Buffer.byteLength(text) < 8000))
    }
    assert.equal(noticeTexts('me', jobs(40)).length, 1)
  })

  it('of others count as a change of anything', () => {
    for (const text of ['', 'null', '{"by": 1}', '[', '{"by":"me"}'])
      assert.deepEqual(parseChangeNotice(text), EVERYTHING)
    const odd = '{"by":"me","changes":[null,1,{"kind":7},{"id":"a"}]}'
    assert.deepEqual(
      parseChangeNotice(odd).changes,
      Array.from({ length: 4 }, () => ({ kind: 'everything' })),
    )
  })

  it('of the release before, which named no channel, count as a change of anything', () => {
    const text = '{"by":"me","changes":[{"kind":"channel","guid":"g"},{"kind":"clip","id":"c"}]}'
    assert.deepEqual(parseChangeNotice(text).changes, [{ kind: 'everything' }, { kind: 'clip', id: 'c' }])
  })

  it('of a later release tell nothing by kinds that are not known', () => {
    for (const kind of ['era', 'constructor', '__proto__']) {
      const text = JSON.stringify({
        by: 'me',
        changes: [
          { kind, id: 'a' },
          { kind: 'clip', id: 'c' },
        ],
      })
      assert.deepEqual(parseChangeNotice(text).changes, [{ kind: 'clip', id: 'c' }])
    }
  })
})
