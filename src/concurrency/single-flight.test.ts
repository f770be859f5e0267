import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SingleFlight } from './single-flight.ts'

describe('SingleFlight', () => {
  it('does work once for all who ask while it is under way, and again for those who ask later', async () => {
    const flights = new SingleFlight<number>()
    let count = 0
    const work = async () => ++count
    assert.deepEqual(
      await Promise.all([flights.run('a', work), flights.run('a', work), flights.run('b', work)]),
      [1, 1, 2],
    )
    assert.equal(flights.has('a'), false)
    assert.equal(await flights.run('a', work), 3)
  })

  it('fails for all who ask while work that fails is under way, and remembers no failure', async () => {
    const flights = new SingleFlight<number>()
    const failing = [flights.run('a', () => Promise.reject(new Error('no'))), flights.run('a', async () => 1)]
    assert.deepEqual(
      (await Promise.allSettled(failing)).map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    assert.equal(await flights.run('a', async () => 2), 2)
  })

  it('tells work that was forgotten that it is not current, and leaves what was begun since alone', async () => {
    const flights = new SingleFlight<boolean>()
    const go = Promise.withResolvers<void>()
    const work = async (isCurrent: () => boolean) => {
      await go.promise
      return isCurrent()
    }
    const overtaken = flights.run('a', work)
    flights.forget('a')
    const current = flights.run('a', work)
    go.resolve()
    assert.deepEqual(await Promise.all([overtaken, current]), [false, true])
    flights.forgetAll()
    assert.equal(flights.has('a'), false)
  })
})
