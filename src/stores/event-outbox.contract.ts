import assert from 'node:assert/strict'
import { type Blocks, needing } from '../../test/programs.ts'
import { utcMs } from '../media/time.ts'
import {
  type ContractStore,
  claimed,
  claimOf,
  event,
  FAILED,
  harvestJob,
  idsOf,
  later,
  MANY,
  NOW,
  originEndpoint,
} from './nouns.contract.ts'
import type { Resources } from './resources.ts'

const LEASE_MS = 1000

/** The contract of every Resources about events and the sinks that receive them. */
export function eventOutboxContract(
  name: string,
  open: () => Promise<ContractStore>,
  { describe, it }: Blocks = needing(),
): void {
  const claim = (resources: Resources, owner: string, now = NOW) =>
    resources.claimEventSink({ sink: 'webhook', owner, now, leaseMs: LEASE_MS })

  describe(`${name} as Resources: events`, () => {
    it('are listed in the order they were written, each with where to go on after it', async () => {
      const { resources } = await open()
      for (const id of ['b', 'a', 'c', 'a']) await resources.appendEvent(event(id))
      assert.deepEqual(await idsOf((page) => resources.listEvents(page), 2), [['b', 'a'], ['c']])
      const newestFirst = await idsOf((page) => resources.listEvents({ ...page, isNewestFirst: true }), 2)
      assert.deepEqual(newestFirst, [['c', 'a'], ['b']])
      const [first] = (await resources.listEvents({ limit: 1 })).items
      assert.deepEqual(first, { ...event('b'), cursor: first?.cursor })
      const rest = await resources.listEvents({ limit: 9, after: first.cursor })
      assert.deepEqual(
        rest.items.map(({ id }) => id),
        ['a', 'c'],
      )
      assert.deepEqual(await resources.listEvents({ limit: 9, after: rest.items[1]!.cursor }), { items: [] })
    })

    it('are written once, however many write one at the same moment', async () => {
      const { resources } = await open()
      await Promise.all(Array.from({ length: 4 }, () => resources.appendEvent(event('a'))))
      assert.deepEqual(await idsOf((page) => resources.listEvents(page), 9), [['a']])
    })

    it('are forgotten when they are old', async () => {
      const { resources } = await open()
      await resources.appendEvent(event('old'))
      await resources.appendEvent({ ...event('new'), at: later(1) })
      await resources.expire(NOW, { harvestJobs: utcMs(0), events: NOW })
      assert.deepEqual(await idsOf((page) => resources.listEvents(page), 9), [['new']])
    })
  })

  describe(`${name} as Resources: backlog`, () => {
    it('counts harvest jobs by status, and tells since when one is due that no worker has', async () => {
      const { resources } = await open()
      const none = { IN_PROGRESS: 0, SUCCEEDED: 0, FAILED: 0 }
      assert.deepEqual(await resources.backlog(NOW), { harvestJobs: none, sinks: [] })
      const endpoint = originEndpoint('e', 'news')
      for (const [id, at] of [
        ['a', 0],
        ['b', 1000],
        ['c', 500],
        ['d', 9000],
      ] as const)
        await resources.createHarvestJob(harvestJob(id, endpoint), MANY, later(at))
      const { harvestJobs, dueSince } = await resources.backlog(later(2000))
      assert.deepEqual([harvestJobs, dueSince], [{ ...none, IN_PROGRESS: 4 }, NOW])
      const outcome = FAILED
      await resources.finishHarvestJob(claimOf(await claimed(resources)), { at: NOW, outcome, event: event('1') })
      const after = await resources.backlog(later(2000))
      assert.deepEqual([after.harvestJobs, after.dueSince], [{ ...none, IN_PROGRESS: 3, FAILED: 1 }, later(500)])
      assert.equal((await resources.backlog(later(499))).dueSince, undefined)
    })

    it('counts the events that each sink has not accepted, and tells how old they are', async () => {
      const { resources } = await open()
      await resources.appendEvent(event('before'))
      const webhook = await claim(resources, 'a')
      await resources.claimEventSink({ sink: 'log', owner: 'a', now: NOW, leaseMs: LEASE_MS })
      for (const [i, id] of ['1', '2', '3'].entries()) await resources.appendEvent({ ...event(id), at: later(i) })
      const { items } = await resources.listEvents({ limit: 9, after: webhook!.after })
      const to = { after: items[1]!.cursor, now: NOW, leaseMs: LEASE_MS }
      await resources.advanceEventSink({ sink: 'webhook', fence: webhook!.fence }, to)
      const { sinks } = await resources.backlog(NOW)
      assert.deepEqual(sinks, [
        { sink: 'log', pending: 3, oldestAt: NOW },
        { sink: 'webhook', pending: 1, oldestAt: later(2) },
      ])
    })
  })

  describe(`${name} as Resources: sinks of events`, () => {
    it('begin after the newest event, and go on where they were, also after a restart', async () => {
      const store = await open()
      await store.resources.appendEvent(event('before'))
      const first = await claim(store.resources, 'a')
      await store.resources.appendEvent(event('1'))
      await store.resources.appendEvent(event('2'))
      const told = await store.resources.listEvents({ limit: 9, after: first!.after })
      assert.deepEqual(
        told.items.map(({ id }) => id),
        ['1', '2'],
      )
      const sink = { sink: 'webhook', fence: first!.fence }
      const progress = { after: told.items[0]!.cursor, now: NOW, leaseMs: LEASE_MS }
      assert.equal(await store.resources.advanceEventSink(sink, progress), 'kept')
      const { resources } = await store.restart()
      assert.equal((await claim(resources, 'b', later(LEASE_MS)))?.after, progress.after)
    })

    it('begin after the newest event also when that was forgotten', async () => {
      const { resources } = await open()
      await resources.appendEvent(event('old'))
      await resources.expire(NOW, { harvestJobs: utcMs(0), events: NOW })
      const sink = await claim(resources, 'a')
      await resources.appendEvent(event('1'))
      const told = await resources.listEvents({ limit: 9, after: sink!.after })
      assert.deepEqual(
        told.items.map(({ id }) => id),
        ['1'],
      )
    })

    it('belong to one deliverer until its lease runs out', async () => {
      const { resources } = await open()
      const first = await claim(resources, 'a')
      assert.equal(await claim(resources, 'b', later(LEASE_MS - 1)), undefined)
      const second = await claim(resources, 'b', later(LEASE_MS))
      assert.ok(second!.fence > first!.fence)
      const progress = { after: first!.after, now: NOW, leaseMs: LEASE_MS }
      assert.equal(await resources.advanceEventSink({ sink: 'webhook', fence: first!.fence }, progress), 'lost')
      assert.equal(await resources.advanceEventSink({ sink: 'webhook', fence: second!.fence }, progress), 'kept')
    })

    it('can be claimed again by who has them', async () => {
      const { resources } = await open()
      await claim(resources, 'a')
      assert.notEqual(await claim(resources, 'a', later(1)), undefined)
    })

    it('can be told everything again from an earlier event on', async () => {
      const { resources } = await open()
      const first = await claim(resources, 'a')
      await resources.appendEvent(event('1'))
      const [told] = (await resources.listEvents({ limit: 1, after: first!.after })).items
      const sink = { sink: 'webhook', fence: first!.fence }
      await resources.advanceEventSink(sink, { after: told!.cursor, now: NOW, leaseMs: LEASE_MS })
      assert.equal(await resources.rewindEventSink('webhook', first!.after), true)
      const late = { after: told!.cursor, now: NOW, leaseMs: LEASE_MS }
      assert.equal(await resources.advanceEventSink(sink, late), 'lost')
      assert.equal((await claim(resources, 'b'))?.after, first!.after)
      assert.equal(await resources.rewindEventSink('nobody', first!.after), false)
    })
  })
}
