import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { quickestReading } from './quickest-reading.ts'

/** A question about the present moment, and how long it takes each time until it is read and until it is answered. */
function asking(...latencies: (readonly [to: number, fro: number])[]) {
  let now = 5000
  const ask = async () => {
    const [to, fro] = latencies.shift()!
    now += to
    const answer = now
    now += fro
    return answer
  }
  return (mostMs: number) => quickestReading(ask, { monotonic: () => now, mostMs })
}

describe('a reading of what a server says', () => {
  it('is the quickest of some, and wrong by no more than half its round trip', async () => {
    const reading = await asking([900, 0], [6, 0], [0, 800])(1000)
    assert.equal(reading?.errorMs, 3)
    assert.ok(Math.abs(reading.at - reading.answer) <= 3)
  })

  it('is none when every round trip took too long', async () => {
    assert.equal(await asking([0, 60_000], [500, 500], [1000, 0])(1000), undefined)
  })
})
