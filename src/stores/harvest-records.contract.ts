import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { utcMs } from '../media/time.ts'
import {
  type ContractStore,
  DAY_MS,
  event,
  harvestJob,
  idsOf,
  later,
  MANY,
  NOW,
  originEndpoint,
} from './nouns.contract.ts'
import type { PageRequest, Resources } from './resources.ts'

/** What every Resources promises of harvest jobs, the names they write in buckets, and events. */
export function harvestRecordsContract(name: string, open: () => Promise<ContractStore>): void {
  describe(`${name} as Resources: harvest jobs`, () => {
    const endpoint = originEndpoint('e', 'news')

    it('keeps a job as it was made, with its own copy of the endpoint', async () => {
      const store = await open()
      const job = harvestJob('j', endpoint)
      assert.equal(await store.resources.createHarvestJob(job, MANY), 'created')
      const { resources } = await store.restart()
      assert.deepEqual(await resources.harvestJobById('j'), job)
      assert.deepEqual(await resources.harvestJobsInProgress(), [job])
    })

    it('counts only jobs in progress against the limit', async () => {
      const { resources } = await open()
      const limits = { ...MANY, maxInProgress: 1 }
      assert.equal(await resources.createHarvestJob(harvestJob('1', endpoint), limits), 'created')
      assert.equal(await resources.createHarvestJob(harvestJob('2', endpoint), limits), 'quota')
      await resources.finishHarvestJob('1', { status: 'SUCCEEDED' }, event('1'))
      assert.equal(await resources.createHarvestJob(harvestJob('2', endpoint), limits), 'created')
    })

    it('frees an id 90 days after its job was made, not a millisecond sooner', async () => {
      const { resources } = await open()
      const again = (ms: number) =>
        resources.createHarvestJob(harvestJob('j', endpoint, { createdAt: later(ms), startTime: 'again' }), MANY)
      await resources.createHarvestJob(harvestJob('j', endpoint), MANY)
      await resources.finishHarvestJob('j', { status: 'SUCCEEDED' }, event('1'))
      assert.equal(await again(90 * DAY_MS - 1), 'duplicate')
      assert.equal(await again(90 * DAY_MS), 'created')
      const job = await resources.harvestJobById('j')
      assert.deepEqual([job?.startTime, job?.status], ['again', 'IN_PROGRESS'])
    })

    it('does not replace a job that is still in progress', async () => {
      const { resources } = await open()
      await resources.createHarvestJob(harvestJob('j', endpoint), MANY)
      const again = harvestJob('j', endpoint, { createdAt: later(91 * DAY_MS) })
      assert.equal(await resources.createHarvestJob(again, MANY), 'duplicate')
    })

    it('ends a job once, with exactly one event', async () => {
      const { resources } = await open()
      await resources.createHarvestJob(harvestJob('j', endpoint), MANY)
      const answers = await Promise.all([
        resources.finishHarvestJob('j', { status: 'FAILED', message: 'no bucket' }, event('1')),
        resources.finishHarvestJob('j', { status: 'SUCCEEDED' }, event('2')),
      ])
      assert.deepEqual(answers.toSorted(), ['finished', 'not-in-progress'])
      assert.equal(await resources.finishHarvestJob('j', { status: 'SUCCEEDED' }, event('3')), 'not-in-progress')
      assert.equal(await resources.finishHarvestJob('nobody', { status: 'SUCCEEDED' }, event('4')), 'not-in-progress')
      const { items } = await resources.listEvents({ limit: 9 })
      assert.equal(items.length, 1)
      const status = (await resources.harvestJobById('j'))?.status
      assert.equal(status, items[0]?.id === '1' ? 'FAILED' : 'SUCCEEDED')
      assert.deepEqual(await resources.harvestJobsInProgress(), [])
    })

    it('ends no job whose event cannot be written', async () => {
      const { resources } = await open()
      await resources.createHarvestJob(harvestJob('j', endpoint), MANY)
      await resources.appendEvent(event('taken'))
      await assert.rejects(resources.finishHarvestJob('j', { status: 'SUCCEEDED' }, event('taken')))
      assert.equal((await resources.harvestJobById('j'))?.status, 'IN_PROGRESS')
    })

    it('lists by channel, status and age', async () => {
      const { resources } = await open()
      const other = originEndpoint('f', 'sport')
      const jobs = [
        harvestJob('1', endpoint, { createdAt: later(-100) }),
        harvestJob('2', other),
        harvestJob('3', endpoint),
        harvestJob('4', endpoint),
      ]
      for (const job of jobs) await resources.createHarvestJob(job, MANY)
      await resources.finishHarvestJob('3', { status: 'FAILED', message: 'm' }, event('1'))
      const list = (filter: Omit<Parameters<Resources['listHarvestJobs']>[0], 'limit' | 'after'>) =>
        idsOf((page) => resources.listHarvestJobs({ ...page, ...filter }), 2)
      const always = utcMs(0)
      assert.deepEqual(await list({ createdAfter: always }), [
        ['1', '2'],
        ['3', '4'],
      ])
      assert.deepEqual(await list({ createdAfter: later(-100) }), [['2', '3'], ['4']])
      assert.deepEqual(await list({ createdAfter: always, channelId: 'news' }), [['1', '3'], ['4']])
      assert.deepEqual(await list({ createdAfter: always, status: 'FAILED' }), [['3']])
      assert.deepEqual(await list({ createdAfter: later(-1), channelId: 'news', status: 'IN_PROGRESS' }), [['4']])
    })

    it('forgets ended jobs past their time, and none in progress', async () => {
      const { resources } = await open()
      const old = { createdAt: later(-90 * DAY_MS) }
      await resources.createHarvestJob(harvestJob('ended', endpoint, old), MANY)
      await resources.createHarvestJob(harvestJob('running', endpoint, old), MANY)
      await resources.createHarvestJob(harvestJob('young', endpoint, { createdAt: later(1 - 90 * DAY_MS) }), MANY)
      await resources.finishHarvestJob('ended', { status: 'SUCCEEDED' }, event('1'))
      await resources.finishHarvestJob('young', { status: 'SUCCEEDED' }, event('2'))
      await resources.expire(NOW, 90 * DAY_MS)
      const list = (page: PageRequest) => resources.listHarvestJobs({ ...page, createdAfter: utcMs(0) })
      assert.deepEqual(await idsOf(list, 9), [['running', 'young']])
    })
  })

  describe(`${name} as Resources: names in buckets`, () => {
    const claim = (jobId: string, endpointGuid: string, keys: string[], bucket = 'b') => ({
      bucket,
      keys,
      jobId,
      endpointGuid,
    })

    it('lets one endpoint write its names again and refuses them to another, naming key and newest job', async () => {
      const { resources } = await open()
      assert.deepEqual(await resources.claimBucketKeys(claim('1', 'e', ['x/1', 'x/2'])), {})
      assert.deepEqual(await resources.claimBucketKeys(claim('2', 'e', ['x/2', 'x/3'])), {})
      const refused = await resources.claimBucketKeys(claim('3', 'f', ['x/2', 'x/4']))
      assert.deepEqual(refused, { owner: { key: 'x/2', jobId: '2' } })
      assert.deepEqual(await resources.claimBucketKeys(claim('3', 'f', ['x/2', 'x/4'], 'other bucket')), {})
    })

    it('takes nothing when it refuses', async () => {
      const { resources } = await open()
      await resources.claimBucketKeys(claim('1', 'e', ['x/1']))
      await resources.claimBucketKeys(claim('2', 'f', ['x/0', 'x/1', 'x/2']))
      assert.deepEqual(await resources.claimBucketKeys(claim('3', 'g', ['x/0', 'x/2'])), {})
    })

    it('lets only one of two concurrent claims have a name', async () => {
      const { resources } = await open()
      const answers = await Promise.all(
        ['e', 'f'].map((endpoint) => resources.claimBucketKeys(claim(`job of ${endpoint}`, endpoint, ['x']))),
      )
      assert.equal(answers.filter(({ owner }) => owner === undefined).length, 1)
    })
  })

  describe(`${name} as Resources: events`, () => {
    it('lists them in the order they were written', async () => {
      const { resources } = await open()
      for (const id of ['b', 'a', 'c']) await resources.appendEvent(event(id))
      assert.deepEqual(await idsOf((page) => resources.listEvents(page), 2), [['b', 'a'], ['c']])
      assert.deepEqual((await resources.listEvents({ limit: 1 })).items, [event('b')])
    })
  })
}
