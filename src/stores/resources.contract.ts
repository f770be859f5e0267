import assert from 'node:assert/strict'
import { type Blocks, needing } from '../../test/programs.ts'
import { type UtcMs, utcMs } from '../media/time.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { changesContract } from './changes.contract.ts'
import { clipRecordsContract } from './clip-records.contract.ts'
import { contentKeyRecordsContract } from './content-key-records.contract.ts'
import { eventOutboxContract } from './event-outbox.contract.ts'
import { harvestLeasesContract } from './harvest-leases.contract.ts'
import { harvestRecordsContract } from './harvest-records.contract.ts'
import {
  type ContractStore,
  channel,
  claimed,
  claimOf,
  commit,
  DAY_MS,
  FOREIGN,
  finishAll,
  harvestJob,
  INPUT,
  idsOf,
  keepSlots,
  later,
  MANY,
  NOW,
  originEndpoint,
  sparedSlots,
  storeJob,
  within,
} from './nouns.contract.ts'
import type { PageRequest } from './pages.ts'
import type { Resources } from './resources.ts'
import { ruleRecordsContract } from './rule-records.contract.ts'
import { scheduleRecordsContract } from './schedule-records.contract.ts'

const HOUR_MS = 3_600_000
const NOTHING_OLD = { harvestJobs: utcMs(0), events: utcMs(0) }

/**
 * The contract of every Resources. Each adapter's test calls this with its own `open`, which gives an empty store.
 */
export function resourcesContract(name: string, open: () => Promise<ContractStore>, blocks: Blocks = needing()): void {
  const { describe, it } = blocks
  describe(`${name} as Resources: channels`, () => {
    it('gives back what was created, by id and by GUID, also after a restart', async () => {
      const store = await open()
      const news = channel('news', { egressAccessLogs: { logGroupName: 'g' } })
      assert.equal(await store.resources.createChannel(news, MANY), 'created')
      const { resources } = await store.restart()
      assert.deepEqual(await resources.channelById('news'), news)
      assert.deepEqual(await resources.channelByGuid('guid-news'), news)
      assert.equal(await resources.channelById('guid-news'), undefined)
    })

    it('gives back any text to the letter, and knows nothing by a name no noun can have', async () => {
      const { resources } = await open()
      const odd = channel('odd', { description: 'a\0b\ud800 "\\u0000" \u2028', tags: { ['__proto__ ']: '' } })
      assert.equal(await resources.createChannel(odd, MANY), 'created')
      assert.deepEqual(await resources.channelById('odd'), odd)
      assert.equal(await resources.channelById('odd\0'), undefined)
      assert.equal(await resources.originEndpointByGuid('\ud800\0'), undefined)
    })

    it('refuses a second channel of the same id, and one more than the limit', async () => {
      const { resources } = await open()
      const limits = { maxChannels: 2 }
      assert.equal(await resources.createChannel(channel('a'), limits), 'created')
      assert.equal(await resources.createChannel(channel('a', { guid: 'other' }), limits), 'duplicate')
      assert.equal(await resources.createChannel(channel('b'), limits), 'created')
      assert.equal(await resources.createChannel(channel('c'), limits), 'quota')
      assert.equal(await resources.channelByGuid('other'), undefined)
    })

    it('keeps a limit that concurrent creations reach together', async () => {
      const { resources } = await open()
      const ids = ['a', 'b', 'c', 'd', 'e']
      const answers = await Promise.all(ids.map((id) => resources.createChannel(channel(id), { maxChannels: 3 })))
      assert.deepEqual(answers.toSorted(), ['created', 'created', 'created', 'quota', 'quota'])
    })

    it('takes an update only as the successor of what it holds', async () => {
      const { resources } = await open()
      await resources.createChannel(channel('a'), MANY)
      const second = channel('a', { description: 'second', revision: 2 })
      assert.equal(await resources.updateChannel(second), 'updated')
      assert.equal(await resources.updateChannel({ ...second, description: 'late' }), 'conflict')
      assert.equal(await resources.updateChannel({ ...second, revision: 4 }), 'conflict')
      assert.equal(await resources.updateChannel(channel('b', { revision: 2 })), 'missing')
      assert.deepEqual(await resources.channelById('a'), second)
    })

    it('deletes a channel only when it has no endpoints', async () => {
      const { resources } = await open()
      await resources.createChannel(channel('a'), MANY)
      await resources.createOriginEndpoint(originEndpoint('e', 'a'), MANY)
      assert.equal(await resources.deleteChannel('a', NOW), 'has-endpoints')
      await resources.deleteOriginEndpoint('e', NOW, 0)
      assert.equal(await resources.deleteChannel('a', NOW, 2), 'conflict')
      assert.equal(await resources.deleteChannel('a', NOW, 1), 'deleted')
      assert.equal(await resources.deleteChannel('a', NOW), 'missing')
      assert.equal(await resources.channelByGuid('guid-a'), undefined)
    })

    it('lists in creation order, page by page; a cursor outlives the deletion of what it names', async () => {
      const { resources } = await open()
      for (const id of ['c', 'a', 'd', 'b']) await resources.createChannel(channel(id), MANY)
      assert.deepEqual(await idsOf((page) => resources.listChannels(page), 3), [['c', 'a', 'd'], ['b']])
      assert.deepEqual(await idsOf((page) => resources.listChannels(page), 2), [
        ['c', 'a'],
        ['d', 'b'],
      ])
      const first = await resources.listChannels({ limit: 2 })
      await resources.deleteChannel('a', NOW)
      await resources.createChannel(channel('e'), MANY)
      const rest = await resources.listChannels({ limit: 9, after: first.next! })
      assert.deepEqual(rest, { items: [channel('d'), channel('b'), channel('e')] })
    })

    it('shows no page after the last', async () => {
      const { resources } = await open()
      assert.deepEqual(await resources.listChannels({ limit: 5 }), { items: [] })
    })
  })

  describe(`${name} as Resources: origin endpoints`, () => {
    it('creates within a channel that exists, within its limit, once per id', async () => {
      const { resources } = await open()
      await resources.createChannel(channel('a'), MANY)
      await resources.createChannel(channel('b'), MANY)
      const create = (id: string, of: string) =>
        resources.createOriginEndpoint(originEndpoint(id, of), { maxPerChannel: 1 })
      assert.equal(await create('e', 'a'), 'created')
      assert.equal(await create('e', 'b'), 'duplicate')
      assert.equal(await create('f', 'a'), 'quota')
      assert.equal(await create('f', 'b'), 'created')
      assert.equal(await create('g', 'nowhere'), 'no-channel')
      assert.deepEqual(await resources.originEndpointById('e'), originEndpoint('e', 'a'))
      assert.deepEqual(await resources.originEndpointByGuid('guid-f'), originEndpoint('f', 'b'))
      assert.equal(await resources.originEndpointById('g'), undefined)
    })

    it('lists all, or those of one channel', async () => {
      const { resources } = await open()
      await resources.createChannel(channel('a'), MANY)
      await resources.createChannel(channel('b'), MANY)
      for (const [id, of] of [
        ['1', 'a'],
        ['2', 'b'],
        ['3', 'a'],
        ['4', 'a'],
      ] as const) {
        await resources.createOriginEndpoint(originEndpoint(id, of), MANY)
      }
      const ofA = (page: PageRequest) => resources.listOriginEndpoints({ ...page, channelId: 'a' })
      assert.deepEqual(await idsOf(ofA, 2), [['1', '3'], ['4']])
      assert.deepEqual(await idsOf((page) => resources.listOriginEndpoints(page), 9), [['1', '2', '3', '4']])
    })

    it('takes an update only as the successor of what it holds, and deletes once', async () => {
      const { resources } = await open()
      await resources.createChannel(channel('a'), MANY)
      await resources.createOriginEndpoint(originEndpoint('e', 'a'), MANY)
      const second = originEndpoint('e', 'a', { description: 'second', revision: 2 })
      assert.equal(await resources.updateOriginEndpoint(second, 0), 'updated')
      assert.equal(await resources.updateOriginEndpoint(second, 0), 'conflict')
      assert.equal(await resources.updateOriginEndpoint(originEndpoint('f', 'a', { revision: 2 }), 0), 'missing')
      assert.deepEqual(await resources.originEndpointById('e'), second)
      assert.equal(await resources.deleteOriginEndpoint('e', NOW, 0, 1), 'conflict')
      assert.equal(await resources.deleteOriginEndpoint('e', NOW, 0, 2), 'deleted')
      assert.equal(await resources.deleteOriginEndpoint('e', NOW, 0), 'missing')
    })
  })

  changesContract(name, open, blocks)
  clipRecordsContract(name, open, blocks)
  contentKeyRecordsContract(name, open, blocks)
  harvestRecordsContract(name, open, blocks)
  harvestLeasesContract(name, open, blocks)
  eventOutboxContract(name, open, blocks)
  scheduleRecordsContract(name, open, blocks)
  ruleRecordsContract(name, open, blocks)

  describe(`${name} as Resources: what is to be kept`, () => {
    const window = (seconds: number, changes: Partial<OriginEndpoint> = {}) => ({
      startoverWindowSeconds: seconds,
      ...changes,
    })
    const secondsAt = async (resources: Resources, at: UtcMs) =>
      (await resources.retentionDemands(at, HOUR_MS)).map(({ startoverWindowSeconds }) => startoverWindowSeconds)

    it('is the longest window among the endpoints of a channel', async () => {
      const { resources } = await open()
      await resources.createChannel(channel('a'), MANY)
      await resources.createChannel(channel('b'), MANY)
      await resources.createOriginEndpoint(originEndpoint('1', 'a', window(100)), MANY)
      await resources.createOriginEndpoint(originEndpoint('2', 'a', window(300)), MANY)
      assert.deepEqual(await resources.retentionDemands(NOW, HOUR_MS), [
        { channelGuid: 'guid-a', startoverWindowSeconds: 300, gone: false },
        { channelGuid: 'guid-b', startoverWindowSeconds: 0, gone: false },
      ])
    })

    it('is a time delay and what a live window lists before it', async () => {
      const { resources } = await open()
      await resources.createChannel(channel('a'), MANY)
      await resources.createOriginEndpoint(originEndpoint('1', 'a', { timeDelaySeconds: 3600 }), MANY)
      assert.deepEqual(await secondsAt(resources, NOW), [4200])
      const changed = originEndpoint('1', 'a', window(5000, { timeDelaySeconds: 60, revision: 2 }))
      await resources.updateOriginEndpoint(changed, 0)
      assert.deepEqual(await secondsAt(resources, NOW), [5000])
    })

    it('holds on to a window that shrank or went for the time of grace', async () => {
      const { resources } = await open()
      await resources.createChannel(channel('a'), MANY)
      await resources.createOriginEndpoint(originEndpoint('1', 'a', window(300)), MANY)
      const smaller = originEndpoint('1', 'a', window(100, { revision: 2, modifiedAt: NOW }))
      await resources.updateOriginEndpoint(smaller, HOUR_MS)
      assert.deepEqual(await secondsAt(resources, later(HOUR_MS - 1)), [300])
      await resources.expire(later(HOUR_MS - 1), NOTHING_OLD)
      assert.deepEqual(await secondsAt(resources, later(HOUR_MS - 1)), [300])
      assert.deepEqual(await secondsAt(resources, later(HOUR_MS)), [100])
      await resources.deleteOriginEndpoint('1', later(HOUR_MS), HOUR_MS)
      await resources.expire(later(HOUR_MS), NOTHING_OLD)
      assert.deepEqual(await secondsAt(resources, later(2 * HOUR_MS - 1)), [100])
      assert.deepEqual(await secondsAt(resources, later(2 * HOUR_MS)), [0])
    })

    it('pins the windows of jobs in progress, also after a restart, and when channel and endpoint are gone', async () => {
      let store = await open()
      const endpoint = originEndpoint('1', 'news')
      await store.resources.createChannel(channel('news'), MANY)
      await store.resources.createOriginEndpoint(endpoint, MANY)
      await keepSlots(store)
      const job = harvestJob('j', endpoint, within(3, 4))
      await store.resources.createHarvestJob(job, MANY, later(DAY_MS))
      assert.deepEqual(await sparedSlots(store), [3, 4], 'not due yet')
      await store.resources.deleteOriginEndpoint('1', NOW, HOUR_MS)
      await store.resources.deleteChannel('news', NOW)
      const claim = claimOf(await claimed(store.resources, later(DAY_MS)))
      assert.deepEqual(await sparedSlots(store), [3, 4], 'running')
      const failure = { code: 'Unavailable', message: 'Not now.' }
      await store.resources.releaseHarvestJob(claim, { notBefore: later(2 * DAY_MS), failure })
      store = await store.restart()
      assert.deepEqual(await sparedSlots(store), [3, 4], 'waiting for its next attempt')
      await store.resources.cancelHarvestJob('j')
      assert.deepEqual(await sparedSlots(store), [3, 4], 'to be cancelled')
      await finishAll(store.resources)
      assert.deepEqual(await sparedSlots(store), [])
    })

    it('pins each range of a job in the channel of its endpoint', async () => {
      const store = await open()
      const { resources } = store
      // Databases have their troubles with U+0000.
      const [news, sport] = [originEndpoint('1', 'news'), originEndpoint('2', 'sport', { description: 'a\u0000b' })]
      for (const id of ['news', 'sport']) await resources.createChannel(channel(id), MANY)
      for (const endpoint of [news, sport]) await resources.createOriginEndpoint(endpoint, MANY)
      for (const input of [INPUT, FOREIGN]) await keepSlots(store, input)
      const range = ({ id: originEndpointId, channelGuid }: OriginEndpoint, first: number, last: number) => {
        return { originEndpointId, channelGuid, startTime: '', endTime: '', ...within(first, last) }
      }
      const ranges = [range(sport, 5, 6), range(news, 1, 2), range(sport, 3, 3)]
      const job = harvestJob('j', sport, { ...within(5, 6), ranges, otherEndpoints: [news] })
      await resources.createHarvestJob(job, MANY, NOW)
      await resources.createHarvestJob(harvestJob('k', news, within(8)), MANY, NOW)
      assert.deepEqual(await sparedSlots(store, INPUT), [1, 2, 8])
      assert.deepEqual(await sparedSlots(store, FOREIGN), [3, 5, 6])
      assert.deepEqual((await resources.harvestJobById('j'))?.ranges, ranges)
      await finishAll(resources)
      assert.deepEqual(await sparedSlots(store, INPUT), [])
      assert.deepEqual(await sparedSlots(store, FOREIGN), [])
    })

    it('lets a deleted channel go after its grace, when no job runs, until it is forgotten', async () => {
      const { resources, segmentIndex } = await open()
      const endpoint = originEndpoint('1', 'news')
      await resources.createChannel(channel('news'), MANY)
      await segmentIndex.commitTimeline(INPUT, commit(0))
      await storeJob(resources, harvestJob('j', endpoint))
      await resources.deleteChannel('news', NOW)
      const gone = async (at: UtcMs) => (await resources.retentionDemands(at, HOUR_MS)).map((demand) => demand.gone)
      assert.deepEqual(await gone(later(HOUR_MS)), [false])
      await finishAll(resources)
      assert.deepEqual(await gone(later(HOUR_MS - 1)), [false])
      assert.deepEqual(await gone(later(HOUR_MS)), [true])
      await segmentIndex.forgetChannel('guid-news')
      assert.deepEqual(await gone(later(HOUR_MS)), [true])
      await resources.forgetDeletedChannel('guid-news')
      assert.deepEqual(await gone(later(HOUR_MS)), [])
    })
  })
}
