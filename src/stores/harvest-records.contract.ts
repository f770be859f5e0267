import assert from 'node:assert/strict'
import { type Blocks, needing } from '../../test/programs.ts'
import { utcMs } from '../media/time.ts'
import type { HarvestRun } from '../model/harvest-run.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import {
  type ContractStore,
  claimed,
  claimOf,
  DAY_MS,
  event,
  FAILED,
  finishAll,
  harvestJob,
  idsOf,
  later,
  MANY,
  NOW,
  originEndpoint,
  storeJob,
  within,
} from './nouns.contract.ts'
import type { PageRequest } from './pages.ts'
import type { Resources } from './resources.ts'

/** The contract of every Resources about records of harvest jobs and the names they write in buckets. */
export function harvestRecordsContract(
  name: string,
  open: () => Promise<ContractStore>,
  { describe, it }: Blocks = needing(),
): void {
  describe(`${name} as Resources: harvest jobs`, () => {
    const endpoint = originEndpoint('e', 'news')

    it('keeps a job as it was made, with its own copy of the endpoint', async () => {
      const store = await open()
      const job = harvestJob('j', endpoint)
      assert.equal(await storeJob(store.resources, job), 'created')
      const { resources } = await store.restart()
      const run: HarvestRun = {
        state: 'QUEUED',
        fence: 0,
        notBefore: NOW,
        attempts: 0,
        failures: 0,
        cancelling: false,
        completing: false,
      }
      assert.deepEqual(await resources.harvestJobById('j'), { ...job, run })
      assert.equal(await resources.harvestJobById('k'), undefined)
    })

    it('counts only jobs in progress against the limit', async () => {
      const { resources } = await open()
      const limits = { ...MANY, maxInProgress: 1 }
      assert.equal(await storeJob(resources, harvestJob('1', endpoint), limits), 'created')
      assert.equal(await storeJob(resources, harvestJob('2', endpoint), limits), 'quota')
      await finishAll(resources)
      assert.equal(await storeJob(resources, harvestJob('2', endpoint), limits), 'created')
    })

    it('counts jobs that are not due yet against a limit of their own', async () => {
      const { resources } = await open()
      const limits = { ...MANY, maxInProgress: 1, maxScheduled: 1 }
      const schedule = (id: string) => resources.createHarvestJob(harvestJob(id, endpoint), limits, later(60_000))
      assert.equal(await schedule('1'), 'created')
      assert.equal(await schedule('2'), 'quota')
      assert.equal(await storeJob(resources, harvestJob('3', endpoint), limits), 'created')
      assert.equal(await storeJob(resources, harvestJob('4', endpoint), limits), 'quota')
      const afterwards = harvestJob('5', endpoint, { createdAt: later(60_000) })
      await finishAll(resources)
      assert.equal(await storeJob(resources, afterwards, limits), 'quota')
    })

    it('frees an id 90 days after its job was made, not a millisecond sooner', async () => {
      const { resources } = await open()
      const again = (ms: number) =>
        storeJob(resources, harvestJob('j', endpoint, { createdAt: later(ms), startTime: 'again' }))
      await storeJob(resources, harvestJob('j', endpoint))
      const claim = claimOf(await claimed(resources))
      const objects = [{ key: 'k', size: 1, sha256: '00' }]
      await resources.checkpointHarvestJob(claim, { now: NOW, leaseMs: 1, objects })
      await resources.finishHarvestJob(claim, { at: NOW, outcome: { state: 'SUCCEEDED' }, event: event('1') })
      assert.equal(await again(90 * DAY_MS - 1), 'duplicate')
      assert.equal(await again(90 * DAY_MS), 'created')
      const job = await resources.harvestJobById('j')
      assert.deepEqual([job?.startTime, job?.status, job?.run.state], ['again', 'IN_PROGRESS', 'QUEUED'])
      assert.deepEqual(await resources.listHarvestObjects('j', { limit: 9 }), { items: [] })
    })

    it('does not replace a job that is still in progress', async () => {
      const { resources } = await open()
      await storeJob(resources, harvestJob('j', endpoint))
      const again = harvestJob('j', endpoint, { createdAt: later(91 * DAY_MS) })
      assert.equal(await storeJob(resources, again), 'duplicate')
    })

    it('lists by channel, status and age', async () => {
      const { resources } = await open()
      const other = originEndpoint('f', 'sport')
      await storeJob(resources, harvestJob('3', endpoint))
      await finishAll(resources, FAILED)
      const jobs = [
        harvestJob('1', endpoint, { createdAt: later(-100) }),
        harvestJob('2', other),
        harvestJob('4', endpoint),
      ]
      for (const job of jobs) await storeJob(resources, job)
      const list = (filter: Omit<Parameters<Resources['listHarvestJobs']>[0], 'limit' | 'after'>) =>
        idsOf((page) => resources.listHarvestJobs({ ...page, ...filter }), 2)
      const always = utcMs(0)
      assert.deepEqual(await list({ createdAfter: always }), [
        ['3', '1'],
        ['2', '4'],
      ])
      assert.deepEqual(await list({ createdAfter: later(-100) }), [['3', '2'], ['4']])
      assert.deepEqual(await list({ createdAfter: always, channelId: 'news' }), [['3', '1'], ['4']])
      assert.deepEqual(await list({ createdAfter: always, channelId: 'news', isNewestFirst: true }), [
        ['4', '1'],
        ['3'],
      ])
      assert.deepEqual(await list({ createdAfter: always, status: 'FAILED' }), [['3']])
      assert.deepEqual(await list({ createdAfter: later(-1), channelId: 'news', status: 'IN_PROGRESS' }), [['4']])
    })

    it('finds the ranges of jobs that are of a span of a channel, by their beginnings', async () => {
      const { resources } = await open()
      const other = originEndpoint('f', 'sport', { description: 'a\u0000b' })
      const range = ({ id: originEndpointId, channelGuid }: OriginEndpoint, first: number, last: number) => {
        return { originEndpointId, channelGuid, startTime: '', endTime: '', ...within(first, last) }
      }
      const ranges = [range(other, 5, 6), range(endpoint, 7, 8), range(endpoint, 2, 2), range(endpoint, 20, 21)]
      const jobs = [
        harvestJob('ranges', other, { ...within(5, 6), ranges, otherEndpoints: [endpoint] }),
        harvestJob('later', endpoint, within(9)),
        harvestJob('early', endpoint, within(0, 2)),
        harvestJob('before', endpoint, within(0)),
        harvestJob('behind', endpoint, within(10)),
        harvestJob('old', endpoint, { ...within(3), createdAt: later(-100) }),
      ]
      for (const job of jobs) await storeJob(resources, job)
      const find = async (limit: number, guid = endpoint.channelGuid) => {
        const found = await resources.harvestJobsWithin(guid, within(2, 9), later(-100), limit)
        return found.map(({ id, start, end }) => [id, start, end])
      }
      const at = (first: number, last = first) => Object.values(within(first, last))
      const all = [
        ['early', ...at(0, 2)],
        ['ranges', ...at(2)],
        ['ranges', ...at(7, 8)],
        ['later', ...at(9)],
      ]
      assert.deepEqual(await find(9), all)
      assert.deepEqual(await find(2), all.slice(0, 2))
      assert.deepEqual(await find(9, other.channelGuid), [['ranges', ...at(5, 6)]])
      const [first] = await resources.harvestJobsWithin(endpoint.channelGuid, within(2), later(-100), 1)
      assert.deepEqual(first, { id: 'early', originEndpointId: endpoint.id, status: 'IN_PROGRESS', ...within(0, 2) })
    })

    it('forgets ended jobs past their time, and none in progress', async () => {
      const { resources } = await open()
      const old = { createdAt: later(-90 * DAY_MS) }
      await storeJob(resources, harvestJob('ended', endpoint, old))
      await storeJob(resources, harvestJob('young', endpoint, { createdAt: later(1 - 90 * DAY_MS) }))
      await finishAll(resources)
      await storeJob(resources, harvestJob('running', endpoint, old))
      await resources.expire(NOW, { harvestJobs: later(-90 * DAY_MS), events: utcMs(0) })
      const list = (page: PageRequest) => resources.listHarvestJobs({ ...page, createdAfter: utcMs(0) })
      assert.deepEqual(await idsOf(list, 9), [['young', 'running']])
    })
  })

  describe(`${name} as Resources: names in buckets`, () => {
    // Databases have their troubles with U+0000, and with what looks like a part of JSON.
    const endpoint = originEndpoint('e', 'news', { description: 'a\u0000b', tags: { guid: '"endpoint":{' } })
    const s3Destination = { bucketName: 'b', manifestKey: 'a/"}\\{"o.m3u8', roleArn: 'r' }
    const { manifestKey } = s3Destination
    const claim = (jobId: string, endpointGuid: string, keys: string[], bucket = 'b') => ({
      bucket,
      keys,
      jobId,
      endpointGuid,
      manifestKey,
    })

    it('lets one endpoint write its names again and refuses them to another, naming key and newest job', async () => {
      const { resources } = await open()
      assert.deepEqual(await resources.claimBucketKeys(claim('1', 'e', ['x/1', 'x/2'])), {})
      assert.deepEqual(await resources.claimBucketKeys(claim('2', 'e', ['x/2', 'x/3'])), {})
      const refused = await resources.claimBucketKeys(claim('3', 'f', ['x/2', 'x/4']))
      assert.deepEqual(refused, { owner: { key: 'x/2', jobId: '2', by: 'another endpoint' } })
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

    it('tells who has a name without taking any', async () => {
      const { resources } = await open()
      await resources.claimBucketKeys(claim('1', 'e', ['x/1']))
      const asked = (endpointGuid: string, keys: string[]) =>
        resources.bucketKeysOwner({ bucket: 'b', keys, endpointGuid, manifestKey })
      assert.deepEqual(await asked('f', ['x/0', 'x/1']), {
        owner: { key: 'x/1', jobId: '1', by: 'another endpoint' },
      })
      assert.deepEqual(await asked('e', ['x/0', 'x/1']), {})
      assert.deepEqual(await resources.claimBucketKeys(claim('2', 'f', ['x/0'])), {})
    })

    it('gives up the names of a job that no other job shares', async () => {
      const { resources } = await open()
      const abandoned = async (jobId: string) => (await resources.abandonedBucketKeys(jobId, 9)).toSorted()
      await storeJob(resources, harvestJob('failed', endpoint))
      await resources.claimBucketKeys(claim('failed', 'e', ['1', '2']))
      await finishAll(resources, FAILED)
      await storeJob(resources, harvestJob('good', endpoint))
      await resources.claimBucketKeys(claim('good', 'e', ['2', '3']))
      await finishAll(resources)
      await storeJob(resources, harvestJob('late', endpoint))
      await resources.claimBucketKeys(claim('late', 'e', ['3', '4']))
      assert.deepEqual(await abandoned('failed'), ['1'])
      assert.deepEqual(await abandoned('good'), ['2'])
      assert.deepEqual(await abandoned('late'), ['4'], 'an object of an earlier asset is shared')
      assert.equal((await resources.abandonedBucketKeys('good', 0)).length, 0)

      await resources.forgetBucketKeys('failed', ['1', '2'])
      assert.deepEqual(await abandoned('failed'), [])
      assert.deepEqual(await resources.claimBucketKeys(claim('x', 'f', ['1'])), {}, 'forgotten, so free')
      assert.deepEqual(await resources.claimBucketKeys(claim('x', 'f', ['2'])), {
        owner: { key: '2', jobId: 'good', by: 'another endpoint' },
      })
    })

    it('leaves a name to the asset that has it, and tells who does', async () => {
      const { resources } = await open()
      const clip = (id: string, file: string) => {
        return harvestJob(id, endpoint, { s3Destination: { ...s3Destination, manifestKey: `a/${file}` } })
      }
      const claimFor = (id: string, file: string, keys: string[]) =>
        resources.claimBucketKeys({ ...claim(id, 'e', keys), manifestKey: `a/${file}` })
      const theirs = (key: string, jobId: string) => ({ owner: { key, jobId, by: 'another asset' } })
      await storeJob(resources, clip('one', 'one'))
      assert.deepEqual(await claimFor('one', 'one', ['a/1']), {})
      assert.deepEqual(await claimFor('two', 'two', ['a/0', 'a/1']), theirs('a/1', 'one'), 'also while it is written')
      await finishAll(resources)
      assert.deepEqual(await claimFor('two', 'two', ['a/0', 'a/1']), theirs('a/1', 'one'))
      await storeJob(resources, clip('again', 'one'))
      assert.deepEqual(await claimFor('again', 'one', ['a/1']), {}, 'its own asset')
      await finishAll(resources, FAILED)
      assert.deepEqual(await claimFor('two', 'two', ['a/1']), theirs('a/1', 'again'), 'the first one succeeded')
      await storeJob(resources, clip('failed', '"th}r\\ee'))
      assert.deepEqual(await claimFor('failed', '"th}r\\ee', ['a/3']), {})
      await finishAll(resources, FAILED)
      assert.deepEqual(await claimFor('two', 'two', ['a/0', 'a/3']), {}, 'there is no such asset')
      assert.deepEqual(await claimFor('four', 'four', ['a/3']), theirs('a/3', 'two'))
    })

    it('keeps the names of a job whose id is given to another', async () => {
      const { resources } = await open()
      await storeJob(resources, harvestJob('j', endpoint, { createdAt: later(-91 * DAY_MS) }))
      await resources.claimBucketKeys(claim('j', 'e', ['1']))
      await finishAll(resources)
      assert.equal(await storeJob(resources, harvestJob('j', endpoint)), 'created')
      await resources.claimBucketKeys(claim('j', 'e', ['1', '2']))
      const end = { at: NOW, outcome: FAILED, event: event('another end') }
      await resources.finishHarvestJob(claimOf(await claimed(resources)), end)
      assert.deepEqual(await resources.abandonedBucketKeys('j', 9), ['2'])
      const { owner } = await resources.bucketKeysOwner({ ...claim('k', 'e', ['1']), manifestKey: 'a/other' })
      assert.equal(owner?.by, 'another asset')
    })

    it('tells of an asset in the folder that may come to need any name, until it is settled', async () => {
      const { resources } = await open()
      await storeJob(resources, harvestJob('growing', endpoint, { s3Destination }))
      const asked = async (file: string, endpointGuid = endpoint.guid) => {
        const names = { bucket: 'b', keys: ['a/9'], endpointGuid, manifestKey: file, isAlone: true } as const
        return (await resources.bucketKeysOwner(names)).owner
      }
      const job = await claimed(resources)
      const checkpoint = (cursor: object) =>
        resources.checkpointHarvestJob(claimOf(job), {
          now: NOW,
          leaseMs: 1000,
          cursor: { tracks: [], objects: 0, bytes: 0, ...cursor },
        })
      assert.equal(await asked('a/other'), undefined, 'it has not begun')
      await checkpoint({ names: {} })
      assert.deepEqual(await asked('a/other'), { key: manifestKey, jobId: 'growing', by: 'an unsettled asset' })
      assert.equal(await asked(manifestKey), undefined, 'it is the same')
      assert.equal(await asked('b/other'), undefined, 'another folder')
      assert.equal(await asked('a/other', 'f'), undefined, 'another endpoint')
      await checkpoint({ names: { segments: 'own' } })
      assert.equal(await asked('a/other'), undefined, 'it has names of its own')
      await checkpoint({ names: {}, plan: { first: 1 } })
      assert.equal(await asked('a/other'), undefined, 'it is settled')
    })

    it('counts a name of a job nobody remembers as shared', async () => {
      const { resources } = await open()
      await resources.claimBucketKeys(claim('forgotten', 'e', ['1']))
      await storeJob(resources, harvestJob('j', originEndpoint('e', 'news')))
      await resources.claimBucketKeys(claim('j', 'e', ['1']))
      await resources.claimBucketKeys(claim('j', 'e', ['1', '2']))
      assert.deepEqual(await resources.abandonedBucketKeys('j', 9), ['2'])
    })
  })
}
