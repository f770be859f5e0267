import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { utcMs } from '../media/time.ts'
import { Lookups } from './lookups.ts'
import { StoreUnavailable } from './resources.ts'

const NAME = 'name'
const old = { is: 'old' }
const fresh = { is: 'fresh' }

describe('what was looked up', () => {
  const lookups = () => new Lookups<{ readonly is: string }>({ most: 10, absentMs: 1000, clock: () => utcMs(0) })
  const gone = async () => {
    throw new StoreUnavailable('gone')
  }

  it('is looked up again when it is doubted, and stands while the store does not answer', async () => {
    const found = lookups()
    await assert.rejects(found.find(NAME, gone), StoreUnavailable)
    assert.equal(await found.find(NAME, async () => old), old)
    assert.equal(await found.find(NAME, gone), old, 'it is known')
    found.doubt()
    for (let n = 0; n < 2; n++) assert.equal(await found.find(NAME, gone), old)
    const failed = async () => {
      throw new Error('another fault')
    }
    await assert.rejects(found.find(NAME, failed), /another fault/)
    assert.equal(await found.find(NAME, async () => fresh), fresh)
    assert.equal(await found.find(NAME, gone), fresh)
    found.doubt()
    assert.equal(await found.find(NAME, async () => undefined), undefined)
    assert.equal(await found.find(NAME, async () => fresh), undefined, 'it is known that there is none')
  })

  it('does not stand for what has changed', async () => {
    const found = lookups()
    await found.find(NAME, async () => old)
    found.forget(NAME)
    await assert.rejects(found.find(NAME, gone), StoreUnavailable)
  })

  it('stands when the store is slow, of which one look waits, until it is doubted again', async (t: TestContext) => {
    const found = lookups()
    await found.find(NAME, async () => old)
    found.doubt()
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const slow = Promise.withResolvers<typeof fresh>()
    const first = found.find(NAME, () => slow.promise)
    t.mock.timers.tick(1000)
    assert.equal(await first, old)
    assert.equal(await found.find(NAME, gone), old, 'the next does not wait')
    found.doubt()
    assert.equal(await found.find(NAME, async () => fresh), fresh)
    slow.resolve(old)
    await slow.promise
    assert.equal(await found.find(NAME, gone), fresh, 'an answer from before is not kept')
  })
})
