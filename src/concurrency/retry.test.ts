import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pauseAfter, retry } from './retry.ts'

describe('retry', () => {
  const failing = (...errors: readonly Error[]) => {
    const left = [...errors]
    return async () => {
      const error = left.shift()
      if (error) throw error
      return left.length
    }
  }
  const slept: number[] = []
  const options = {
    pauses: [1, 2],
    isTransient: (error: unknown) => (error as Error).message === 'busy',
    sleep: async (pause: number) => void slept.push(pause),
  }
  const busy = new Error('busy')

  it('tries again after each pause while errors are transient', async () => {
    slept.length = 0
    assert.equal(await retry(failing(busy, busy), options), 0)
    assert.deepEqual(slept, [1, 2])
  })

  it('gives up with the last error, or at once with one that is not transient', async () => {
    await assert.rejects(retry(failing(busy, busy, busy), options), busy)
    const final = new Error('denied')
    await assert.rejects(retry(failing(final, busy), options), final)
  })
})

describe('pauseAfter', () => {
  it('grows as listed, and repeats the last', () => {
    assert.deepEqual(
      [1, 2, 3, 9].map((failures) => pauseAfter([5, 7], failures)),
      [5, 7, 7, 7],
    )
    assert.equal(pauseAfter([], 1), 0)
  })
})
