import assert from 'node:assert/strict'
import { type Blocks, needing } from '../../test/programs.ts'
import { type UtcMs, utcMs } from '../media/time.ts'
import { DEFAULT_HARVEST_OPTIONS } from '../model/harvest-job.ts'
import type { HarvestSchedule, SchedulePosition, ScheduleRun } from '../model/harvest-schedule.ts'
import {
  type ContractStore,
  claimed,
  claimOf,
  event,
  harvestJob,
  idsOf,
  later,
  NOW,
  originEndpoint,
  storeJob,
} from './nouns.contract.ts'
import type { Resources } from './resources.ts'

const HOUR_MS = 3_600_000
const MANY_SCHEDULES = { maxSchedules: 100 }

const FAILURE = { code: 'NoSuchBucket', message: 'There is none.' }

export function harvestSchedule(id: string, changes: Partial<HarvestSchedule> = {}): HarvestSchedule {
  return {
    id,
    originEndpointId: 'hls',
    every: { hours: 1 },
    start: NOW,
    overlap: { beforeSeconds: 0, afterSeconds: 5 },
    s3Destination: { bucketName: 'b', manifestKey: 'größe/{id}.m3u8', roleArn: 'r' },
    options: DEFAULT_HARVEST_OPTIONS,
    isStopped: false,
    createdAt: NOW,
    modifiedAt: NOW,
    ...changes,
  }
}

/** What became of the window that begins `hours` after NOW: a job, if it is named. */
export function scheduleRun(hours: number, jobId?: string): ScheduleRun {
  const start = later(hours * HOUR_MS)
  const failure = { code: 'BeforeStartoverWindow', message: 'It is gone.' }
  const outcome = jobId === undefined ? { failure } : { jobId }
  return { start, end: utcMs(start + HOUR_MS), recordedAt: utcMs(start + HOUR_MS), ...outcome }
}

const position = (hours: number): SchedulePosition & { readonly next: UtcMs; readonly dueAt: UtcMs } => ({
  next: later(hours * HOUR_MS),
  dueAt: later((hours + 1) * HOUR_MS),
})

/** The contract of every Resources about schedules and their history. */
export function scheduleRecordsContract(
  name: string,
  open: () => Promise<ContractStore>,
  { describe, it }: Blocks = needing(),
): void {
  const create = (resources: Resources, id: string, hours = 0) =>
    resources.createHarvestSchedule(harvestSchedule(id), position(hours), MANY_SCHEDULES)
  const dueIds = async (resources: Resources, now: UtcMs, limit = 9) =>
    (await resources.dueHarvestSchedules(now, limit)).map(({ schedule }) => schedule.id)

  describe(`${name} as Resources: schedules`, () => {
    it('are created once, within a quota, and given back as they were, also after a restart', async () => {
      const store = await open()
      const twice = await Promise.all([create(store.resources, 'a'), create(store.resources, 'a')])
      assert.deepEqual(twice.toSorted(), ['created', 'duplicate'])
      const limits = { maxSchedules: 1 }
      const another = store.resources.createHarvestSchedule(harvestSchedule('b'), {}, limits)
      assert.equal(await another, 'quota')
      const { resources } = await store.restart()
      const record = { schedule: harvestSchedule('a'), revision: 1, ...position(0) }
      assert.deepEqual(await resources.harvestScheduleById('a'), record)
      assert.equal(await resources.harvestScheduleById('b'), undefined)
      assert.deepEqual(await resources.listHarvestSchedules({ limit: 9 }), { items: [record] })
    })

    it('are listed page by page', async () => {
      const { resources } = await open()
      for (const id of ['c', 'a', 'b']) await create(resources, id)
      const list = async (page: { limit: number; after?: string }) => {
        const { items, ...next } = await resources.listHarvestSchedules(page)
        return { items: items.map(({ schedule }) => schedule), ...next }
      }
      assert.deepEqual(await idsOf(list, 2), [['c', 'a'], ['b']])
    })

    it('are changed only by who knows their last revision', async () => {
      const { resources } = await open()
      await create(resources, 'a')
      const schedule = harvestSchedule('a', { isStopped: true })
      assert.equal(await resources.updateHarvestSchedule({ schedule, revision: 2 }), 'updated')
      assert.deepEqual(await resources.harvestScheduleById('a'), { schedule, revision: 2 })
      assert.equal(await resources.updateHarvestSchedule({ schedule, revision: 2 }), 'conflict')
      assert.equal(await resources.updateHarvestSchedule({ schedule: harvestSchedule('x'), revision: 2 }), 'missing')
    })

    it('are due from a moment on, those first that have been for longest', async () => {
      const { resources } = await open()
      await create(resources, 'late', 2)
      await create(resources, 'early', 0)
      await create(resources, 'same', 0)
      await resources.createHarvestSchedule(harvestSchedule('never'), {}, MANY_SCHEDULES)
      assert.deepEqual(await dueIds(resources, later(HOUR_MS - 1)), [])
      assert.deepEqual(await dueIds(resources, later(HOUR_MS)), ['early', 'same'])
      assert.deepEqual(await dueIds(resources, later(9 * HOUR_MS)), ['early', 'same', 'late'])
      assert.deepEqual(await dueIds(resources, later(9 * HOUR_MS), 1), ['early'])
    })

    it('move on with what became of their windows, by one process only', async () => {
      let store = await open()
      await create(store.resources, 'a')
      const move = (id: string, revision: number) =>
        store.resources.recordScheduleRuns(
          { id, revision },
          { runs: [scheduleRun(0, 'a-0'), scheduleRun(1)], position: position(2), event: event(`${id}${revision}`) },
        )
      const both = await Promise.all([move('a', 1), move('a', 1).catch((error: Error) => error.message)])
      assert.deepEqual(both.toSorted(), ['overtaken', 'recorded'])
      assert.equal(await move('nobody', 1), 'overtaken')
      store = await store.restart()
      const { resources } = store
      assert.deepEqual(await resources.harvestScheduleById('a'), {
        schedule: harvestSchedule('a'),
        revision: 2,
        ...position(2),
      })
      assert.deepEqual(await resources.listScheduleRuns('a', { limit: 9 }), {
        items: [scheduleRun(1), scheduleRun(0, 'a-0')],
      })
      assert.deepEqual(await idsOf((page) => resources.listEvents(page), 9), [['a1']])
      assert.equal(await resources.updateHarvestSchedule({ schedule: harvestSchedule('a'), revision: 2 }), 'conflict')
    })

    it('keep the job that a window has in their history, though it is recorded again', async () => {
      const { resources } = await open()
      await create(resources, 'a')
      const record = (revision: number, run: ScheduleRun) =>
        resources.recordScheduleRuns({ id: 'a', revision }, { runs: [run], position: {} })
      const runs = async () => (await resources.listScheduleRuns('a', { limit: 9 })).items
      await record(1, scheduleRun(0))
      assert.equal(await record(2, scheduleRun(0, 'a-0')), 'recorded')
      assert.deepEqual(await runs(), [scheduleRun(0, 'a-0')], 'it was missed before')
      assert.equal(await record(3, scheduleRun(0)), 'recorded')
      assert.deepEqual(await runs(), [scheduleRun(0, 'a-0')])
      assert.deepEqual(await resources.harvestScheduleById('a'), { schedule: harvestSchedule('a'), revision: 4 })
    })

    it('tell the state of each job, the latest window first, page by page', async () => {
      const { resources } = await open()
      await create(resources, 'a')
      const endpoint = originEndpoint('hls', 'news')
      for (const id of ['a-0', 'a-1']) await storeJob(resources, harvestJob(id, endpoint))
      await resources.finishHarvestJob(claimOf(await claimed(resources)), {
        at: NOW,
        outcome: { state: 'FAILED', failure: FAILURE },
        event: event('e'),
      })
      const runs = [0, 1, 2].map((hours) => scheduleRun(hours, `a-${hours}`))
      await resources.recordScheduleRuns({ id: 'a', revision: 1 }, { runs, position: position(3) })
      const first = await resources.listScheduleRuns('a', { limit: 2 })
      assert.deepEqual(first.items, [runs[2], { ...runs[1], job: { state: 'QUEUED' } }])
      const rest = await resources.listScheduleRuns('a', { limit: 2, after: first.next! })
      assert.deepEqual(rest, { items: [{ ...runs[0], job: { state: 'FAILED', failure: FAILURE } }] })
      assert.deepEqual(await resources.listScheduleRuns('b', { limit: 2 }), { items: [] })
    })

    it('are deleted with their history, and forget what is old', async () => {
      const { resources } = await open()
      await create(resources, 'a')
      await resources.recordScheduleRuns(
        { id: 'a', revision: 1 },
        {
          runs: [scheduleRun(0), scheduleRun(1)],
          position: position(2),
        },
      )
      await resources.expire(later(HOUR_MS), { harvestJobs: later(HOUR_MS), events: NOW })
      assert.deepEqual((await resources.listScheduleRuns('a', { limit: 9 })).items, [scheduleRun(1)])
      assert.equal(await resources.deleteHarvestSchedule('a'), 'deleted')
      assert.equal(await resources.deleteHarvestSchedule('a'), 'missing')
      assert.equal(await create(resources, 'a'), 'created')
      assert.deepEqual(await resources.listScheduleRuns('a', { limit: 9 }), { items: [] })
    })
  })
}
