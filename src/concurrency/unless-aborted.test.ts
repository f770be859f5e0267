import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { unlessAborted, withinTime } from './unless-aborted.ts'

const never = () => new Promise<never>(() => {})

describe('work that a signal ends', () => {
  it('comes to what it comes to, and leaves nothing behind', async () => {
    const { signal } = new AbortController()
    assert.equal(await unlessAborted(signal, Promise.resolve(1)), 1)
    assert.equal(await withinTime(60_000, signal, async () => 2), 2)
    await assert.rejects(
      withinTime(60_000, signal, () => Promise.reject(new Error('no'))),
      { message: 'no' },
    )
    assert.deepEqual(getEventListeners(signal, 'abort'), [])
  })

  it('is waited for no longer than until the signal aborts, or time is over', async () => {
    const ending = new AbortController()
    const signals: AbortSignal[] = []
    const both = [unlessAborted(ending.signal, never()), withinTime(60_000, ending.signal, kept)]
    function kept(signal: AbortSignal) {
      signals.push(signal)
      return never()
    }
    ending.abort(new Error('ended'))
    for (const each of both) await assert.rejects(each, { message: 'ended' })
    await assert.rejects(withinTime(60_000, ending.signal, kept), { message: 'ended' })
    await assert.rejects(withinTime(1, new AbortController().signal, kept), { name: 'TimeoutError' })
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true, true, true],
    )
  })
})
