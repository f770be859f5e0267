import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HighestFirst } from './highest-first.ts'

describe('work by rank', () => {
  it('begins with the highest of those that wait, one at a time', async () => {
    const queue = new HighestFirst()
    const begun: number[] = []
    let atOnce = 0
    const work = (rank: number) =>
      queue.run(rank, async () => {
        assert.equal(++atOnce, 1)
        begun.push(rank)
        await new Promise((resolve) => setImmediate(resolve))
        atOnce--
        return rank
      })
    assert.deepEqual(await Promise.all([1, 3, 2, 5, 4].map(work)), [1, 3, 2, 5, 4])
    assert.deepEqual(begun, [1, 5, 4, 3, 2])
    assert.equal(queue.isIdle, true)
  })

  it('goes on after a failure', async () => {
    const queue = new HighestFirst()
    const failing = queue.run(1, () => Promise.reject(new Error('this one')))
    const next = queue.run(1, async () => 'the next')
    await assert.rejects(failing, /this one/)
    assert.equal(await next, 'the next')
  })
})
