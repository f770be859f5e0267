import assert from 'node:assert/strict'
import { type Blocks, needing } from '../../test/programs.ts'
import type { HarvestCursor } from '../model/harvest-run.ts'
import {
  type ContractStore,
  claimed,
  claimOf,
  event,
  FAILED,
  harvestJob,
  LEASE_MS,
  later,
  MANY,
  NOW,
  originEndpoint,
  storeJob,
} from './nouns.contract.ts'
import type { Resources } from './resources.ts'

const CURSOR: HarvestCursor = { tracks: [{ name: 'index_1', segments: 3, written: 1 }], objects: 1, bytes: 7 }
const OBJECT = { key: 'a/index_1_1.ts', size: 7, sha256: 'ab' }
const RENEWAL = { now: NOW, leaseMs: LEASE_MS }
const FAILURE = { code: 'Unavailable', message: 'Not now.' }
const SUCCEEDED = { at: later(5), outcome: { state: 'SUCCEEDED' } as const, event: event('1') }

/** The contract of every Resources with workers of any process: one at a time has a job, and no job is lost. */
export function harvestLeasesContract(
  name: string,
  open: () => Promise<ContractStore>,
  { describe, it }: Blocks = needing(),
): void {
  const endpoint = originEndpoint('e', 'news')

  async function withJobs(...ids: readonly string[]): Promise<Resources> {
    const { resources } = await open()
    for (const id of ids) await storeJob(resources, harvestJob(id, endpoint))
    return resources
  }
  const claim = (resources: Resources, now = NOW, owner = 'worker') =>
    resources.claimHarvestJob({ owner, now, leaseMs: LEASE_MS })
  const runOf = async (resources: Resources, id = 'j') => (await resources.harvestJobById(id))?.run

  describe(`${name} as Resources: claims of harvest jobs`, () => {
    it('give each job to one worker, in the order the jobs were made', async () => {
      const resources = await withJobs('2', '1', '3')
      const jobs = await Promise.all(['a', 'b', 'c', 'd'].map((owner) => claim(resources, NOW, owner)))
      assert.deepEqual(jobs.map((job) => job?.id ?? '').toSorted(), ['', '1', '2', '3'])
      assert.equal((await claim(await withJobs('2', '1')))?.id, '2')
    })

    it('go by the clock of leases for what is claimed, and by the date for what is due', async () => {
      const { resources } = await open()
      await resources.createHarvestJob(harvestJob('j', endpoint), MANY, later(500))
      const at = (now: number, date: number) =>
        resources.claimHarvestJob({ owner: 'worker', now: later(now), date: later(date), leaseMs: LEASE_MS })
      assert.equal(await at(900, 499), undefined)
      const first = await at(0, 500)
      assert.equal(first?.run.startedAt, later(500))
      assert.equal(first.run.leaseUntil, later(LEASE_MS))
      assert.equal(await at(LEASE_MS - 1, 400 * 86_400_000), undefined)
      assert.equal((await at(LEASE_MS, 0))?.id, 'j')
    })

    it('leave out what the worker has, whatever the date says of its lease', async () => {
      const resources = await withJobs('1', '2')
      const first = await claim(resources)
      assert.equal(first?.id, '1')
      const late = { owner: 'worker', now: later(400 * 86_400_000), leaseMs: LEASE_MS }
      assert.equal((await resources.claimHarvestJob({ ...late, except: ['1'] }))?.id, '2')
      assert.equal(await resources.claimHarvestJob({ ...late, except: ['1', '2'] }), undefined)
      assert.equal((await resources.claimHarvestJob({ ...late, owner: 'another' }))?.id, '1')
    })

    it('say who has the job, until when, and how often it was taken up', async () => {
      const resources = await withJobs('j')
      const job = await claim(resources)
      assert.deepEqual(job, { ...harvestJob('j', endpoint), run: job?.run })
      assert.deepEqual(job?.run, {
        state: 'RUNNING',
        fence: 1,
        owner: 'worker',
        leaseUntil: later(LEASE_MS),
        notBefore: NOW,
        attempts: 1,
        failures: 0,
        cancelling: false,
        completing: false,
        startedAt: NOW,
      })
      assert.deepEqual(await resources.harvestJobById('j'), job)
    })

    it('wait until the job is due', async () => {
      const { resources } = await open()
      await resources.createHarvestJob(harvestJob('j', endpoint), MANY, later(1000))
      assert.equal(await claim(resources, later(999)), undefined)
      assert.equal((await claim(resources, later(1000)))?.id, 'j')
    })

    it('take a job over when its lease has run out, and count that as a failure', async () => {
      const resources = await withJobs('j')
      const first = await claimed(resources)
      assert.equal(await claim(resources, later(LEASE_MS - 1)), undefined)
      const second = await claimed(resources, later(LEASE_MS), 'another')
      assert.ok(second.run.fence > first.run.fence)
      assert.partialDeepStrictEqual(second.run, { owner: 'another', attempts: 2, failures: 1, startedAt: NOW })
    })

    it('find the job and its cursor after a restart', async () => {
      const store = await open()
      await storeJob(store.resources, harvestJob('j', endpoint))
      const first = await claimed(store.resources)
      await store.resources.checkpointHarvestJob(claimOf(first), { ...RENEWAL, cursor: CURSOR, objects: [OBJECT] })
      const { resources } = await store.restart()
      const second = await claimed(resources, later(LEASE_MS))
      assert.ok(second.run.fence > first.run.fence)
      assert.deepEqual(second.run.cursor, CURSOR)
      assert.deepEqual((await resources.listHarvestObjects('j', { limit: 9 })).items, [OBJECT])
    })
  })

  describe(`${name} as Resources: a job that is claimed`, () => {
    it('is kept by checkpoints, which renew the lease and record how far it is', async () => {
      const resources = await withJobs('j')
      const job = claimOf(await claimed(resources))
      const at = later(LEASE_MS / 2)
      const checkpoint = { now: at, leaseMs: LEASE_MS, cursor: CURSOR, objects: [OBJECT] }
      assert.equal(await resources.checkpointHarvestJob(job, checkpoint), 'kept')
      assert.equal(await claim(resources, later(LEASE_MS)), undefined)
      const renewal = { now: later(LEASE_MS), leaseMs: LEASE_MS }
      assert.equal(await resources.checkpointHarvestJob(job, renewal), 'kept')
      assert.partialDeepStrictEqual(await runOf(resources), { leaseUntil: later(2 * LEASE_MS), cursor: CURSOR })
    })

    it('lists what it has written, by key, each once', async () => {
      const resources = await withJobs('j', 'k')
      const job = claimOf(await claimed(resources))
      const objects = ['b', 'a', 'c'].map((key) => ({ ...OBJECT, key }))
      await resources.checkpointHarvestJob(job, { ...RENEWAL, objects })
      const again = { key: 'b', size: 8, sha256: 'cd' }
      await resources.checkpointHarvestJob(job, { ...RENEWAL, objects: [again] })
      const first = await resources.listHarvestObjects('j', { limit: 2 })
      assert.deepEqual(first, { items: [objects[1], again], next: first.next })
      assert.deepEqual(await resources.listHarvestObjects('j', { limit: 2, after: first.next! }), {
        items: [objects[2]],
      })
      assert.deepEqual(await resources.listHarvestObjects('k', { limit: 2 }), { items: [] })
      const named = await resources.harvestObjectsNamed('j', ['c', 'b', 'd', 'it’s "é"'])
      assert.deepEqual(
        named.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
        [again, objects[2]],
      )
      assert.deepEqual(await resources.harvestObjectsNamed('k', ['a']), [])
      assert.deepEqual(await resources.harvestObjectsNamed('j', []), [])
    })

    it('starts to count failures anew when an object was written', async () => {
      const resources = await withJobs('j')
      const release = async () =>
        resources.releaseHarvestJob(claimOf(await claimed(resources)), { notBefore: NOW, failure: FAILURE })
      await release()
      await release()
      const { run, ...job } = await claimed(resources)
      assert.equal(run.failures, 2)
      await resources.checkpointHarvestJob(claimOf({ ...job, run }), RENEWAL)
      assert.equal((await runOf(resources))?.failures, 2)
      await resources.checkpointHarvestJob(claimOf({ ...job, run }), { ...RENEWAL, objects: [OBJECT] })
      assert.equal((await runOf(resources))?.failures, 0)
    })

    it('can be given back, with the reason, for later', async () => {
      const resources = await withJobs('j')
      const job = claimOf(await claimed(resources))
      const release = { notBefore: later(500), failure: FAILURE }
      assert.equal(await resources.releaseHarvestJob(job, release), 'released')
      const run = await runOf(resources)
      assert.partialDeepStrictEqual(run, { state: 'QUEUED', notBefore: later(500), failure: FAILURE, failures: 1 })
      assert.deepEqual([run?.owner, run?.leaseUntil], [undefined, undefined])
      assert.equal(await claim(resources, later(499)), undefined)
      const again = claimOf(await claimed(resources, later(500)))
      assert.equal(await resources.releaseHarvestJob(again, { notBefore: NOW }), 'released')
      assert.equal((await runOf(resources))?.failures, 1, 'giving back without a reason is no failure')
    })

    it('is lost to whoever holds an older claim, whose writes change nothing', async () => {
      const resources = await withJobs('j')
      const old = claimOf(await claimed(resources))
      await claimed(resources, later(LEASE_MS), 'another')
      const before = await resources.harvestJobById('j')
      const checkpoint = { ...RENEWAL, cursor: CURSOR, objects: [OBJECT], completing: true as const }
      assert.equal(await resources.checkpointHarvestJob(old, checkpoint), 'lost')
      assert.equal(await resources.releaseHarvestJob(old, { notBefore: NOW, failure: FAILURE }), 'lost')
      assert.equal(await resources.finishHarvestJob(old, SUCCEEDED), 'lost')
      assert.deepEqual(await resources.harvestJobById('j'), before)
      assert.deepEqual((await resources.listHarvestObjects('j', { limit: 9 })).items, [])
      assert.deepEqual((await resources.listEvents({ limit: 9 })).items, [])
    })

    it('is lost when it was given back', async () => {
      const resources = await withJobs('j')
      const job = claimOf(await claimed(resources))
      await resources.releaseHarvestJob(job, { notBefore: NOW })
      assert.equal(await resources.checkpointHarvestJob(job, RENEWAL), 'lost')
      assert.equal(await resources.finishHarvestJob(job, SUCCEEDED), 'lost')
    })
  })

  describe(`${name} as Resources: the end of a harvest job`, () => {
    it('is one, with exactly one event', async () => {
      const resources = await withJobs('j')
      const job = claimOf(await claimed(resources))
      const answers = await Promise.all([
        resources.finishHarvestJob(job, { at: later(5), outcome: FAILED, event: event('1') }),
        resources.finishHarvestJob(job, { at: later(5), outcome: FAILED, event: event('2') }),
      ])
      assert.deepEqual(answers.toSorted(), ['finished', 'lost'])
      assert.equal((await resources.listEvents({ limit: 9 })).items.length, 1)
      const record = await resources.harvestJobById('j')
      assert.equal(record?.status, 'FAILED')
      const failure = FAILED.state === 'SUCCEEDED' ? undefined : FAILED.failure
      assert.partialDeepStrictEqual(record.run, { state: 'FAILED', failure, endedAt: later(5) })
      assert.equal(await claim(resources, later(LEASE_MS)), undefined)
    })

    it('forgets the failures of earlier attempts when it is a good one', async () => {
      const resources = await withJobs('j')
      await resources.releaseHarvestJob(claimOf(await claimed(resources)), { notBefore: NOW, failure: FAILURE })
      await resources.finishHarvestJob(claimOf(await claimed(resources)), SUCCEEDED)
      const record = await resources.harvestJobById('j')
      assert.deepEqual([record?.status, record?.run.state, record?.run.failure], ['SUCCEEDED', 'SUCCEEDED', undefined])
    })

    it('does not come when its event cannot be written', async () => {
      const resources = await withJobs('j')
      await resources.appendEvent(event('1'))
      const job = claimOf(await claimed(resources))
      await assert.rejects(resources.finishHarvestJob(job, SUCCEEDED))
      assert.equal((await resources.harvestJobById('j'))?.status, 'IN_PROGRESS')
      assert.equal(await resources.finishHarvestJob(job, { ...SUCCEEDED, event: event('2') }), 'finished')
    })
  })

  describe(`${name} as Resources: cancelling a harvest job`, () => {
    it('makes a waiting job due and tells whoever takes it up', async () => {
      const { resources } = await open()
      await resources.createHarvestJob(harvestJob('j', endpoint), MANY, later(1000))
      assert.equal(await resources.cancelHarvestJob('j'), 'cancelling')
      assert.equal(await resources.cancelHarvestJob('j'), 'cancelling')
      const job = await claimed(resources)
      assert.equal(job.run.cancelling, true)
      assert.equal((await resources.harvestJobById('j'))?.status, 'IN_PROGRESS')
    })

    it('is told a running job at its next checkpoint, which still records what was written', async () => {
      const resources = await withJobs('j')
      const job = claimOf(await claimed(resources))
      await resources.cancelHarvestJob('j')
      assert.equal(await resources.checkpointHarvestJob(job, { ...RENEWAL, objects: [OBJECT] }), 'cancelling')
      assert.deepEqual((await resources.listHarvestObjects('j', { limit: 9 })).items, [OBJECT])
      assert.equal(await resources.checkpointHarvestJob(job, { ...RENEWAL, completing: true }), 'cancelling')
      assert.equal((await runOf(resources))?.completing, false)
      const outcome = { state: 'CANCELLED', failure: { code: 'Cancelled', message: 'It was cancelled.' } } as const
      assert.equal(await resources.finishHarvestJob(job, { at: NOW, outcome, event: event('1') }), 'finished')
      const record = await resources.harvestJobById('j')
      assert.deepEqual([record?.status, record?.run.state], ['FAILED', 'CANCELLED'])
    })

    it('comes too late when the job is completing, also for whoever takes it up again', async () => {
      const resources = await withJobs('j')
      const job = claimOf(await claimed(resources))
      assert.equal(await resources.checkpointHarvestJob(job, { ...RENEWAL, completing: true }), 'kept')
      assert.equal(await resources.cancelHarvestJob('j'), 'completing')
      await resources.releaseHarvestJob(job, { notBefore: NOW, failure: FAILURE })
      assert.equal(await resources.cancelHarvestJob('j'), 'completing')
      assert.equal((await claimed(resources)).run.completing, true)
    })

    it('is refused for jobs that have ended or never were', async () => {
      const resources = await withJobs('j')
      await resources.finishHarvestJob(claimOf(await claimed(resources)), SUCCEEDED)
      assert.equal(await resources.cancelHarvestJob('j'), 'ended')
      assert.equal(await resources.cancelHarvestJob('k'), 'missing')
    })
  })
}
