import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Pool } from './pool.ts'

describe('Pool', () => {
  it('runs as much work at a time as it has resources, in order, and lets the event loop turn in between', async () => {
    const pool = new Pool(['a', 'b'])
    const begun: number[] = []
    let atOnce = 0
    let most = 0
    let turns = 0
    let isDone = false
    const count = () => {
      turns++
      if (!isDone) setImmediate(count)
    }
    count()
    const work = Array.from({ length: 10 }, (_, i) =>
      pool.run(async () => {
        begun.push(i)
        most = Math.max(most, ++atOnce)
        await new Promise<void>((resolve) => setImmediate(resolve))
        atOnce--
        return i
      }),
    )
    assert.deepEqual(await Promise.all(work), [...work.keys()])
    isDone = true
    assert.deepEqual(begun, [...work.keys()])
    assert.equal(most, 2)
    assert.ok(turns >= 5, `${turns} turns of the event loop`)
  })

  it('has a resource back after work that failed', async () => {
    const pool = new Pool([1])
    await assert.rejects(
      pool.run(async () => {
        throw new Error('no')
      }),
    )
    assert.equal(await pool.run(async (resource) => resource), 1)
  })
})
