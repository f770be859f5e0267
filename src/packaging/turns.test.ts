import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Turns } from './turns.ts'

describe('lanes', () => {
  it('do as much at a time as there are, in order, and let the process do other things between', async () => {
    const lanes = new Turns(['a', 'b'])
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
      lanes.run(async () => {
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

  it('are free again after work that failed', async () => {
    const lanes = new Turns([1])
    await assert.rejects(
      lanes.run(async () => {
        throw new Error('no')
      }),
    )
    assert.equal(await lanes.run(async (lane) => lane), 1)
  })
})
