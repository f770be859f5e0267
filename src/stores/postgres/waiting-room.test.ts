import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { StoreUnavailable } from '../resources.ts'
import { WaitingRoom } from './waiting-room.ts'

describe('a waiting room', () => {
  it('lets in as many at once as it may, and the others in the order in which they came', async () => {
    const room = new WaitingRoom({ atOnce: 2, mostWaiting: 9 })
    const entered: number[] = []
    const all = Promise.all([0, 1, 2, 3, 4].map((id) => room.enter().then(() => entered.push(id))))
    for (const inside of [2, 3, 4]) {
      await new Promise(setImmediate)
      assert.deepEqual(entered, [0, 1, 2, 3, 4].slice(0, inside))
      room.leave()
    }
    await all
    assert.deepEqual(entered, [0, 1, 2, 3, 4])
  })

  it('refuses whoever finds too many waiting', async () => {
    const room = new WaitingRoom({ atOnce: 1, mostWaiting: 1 })
    await room.enter()
    const waits = room.enter()
    await assert.rejects(room.enter(), StoreUnavailable)
    room.leave()
    await waits
  })

  it('lets in whoever comes after those it has dismissed', async () => {
    const room = new WaitingRoom({ atOnce: 1, mostWaiting: 9 })
    await room.enter()
    const reason = new StoreUnavailable('gone')
    const dismissed = Promise.allSettled([room.enter(), room.enter()])
    room.dismiss(reason)
    assert.deepEqual(await dismissed, Array(2).fill({ status: 'rejected', reason }))
    const later = room.enter()
    room.leave()
    await later
    room.leave()
    await room.enter()
  })
})
