import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { seededRandom } from '../../test/judges/random.ts'
import { HOUR_MS, liveSchedules } from '../../test/schedules/schedule-life.ts'
import { DEFAULT_LIMITS } from '../control/control-context.ts'
import { scheduleReport } from '../control/schedule-report.ts'
import { type UtcRange, utcMs } from '../media/time.ts'
import { DEFAULT_HARVEST_OPTIONS } from '../model/harvest-job.ts'
import { type HarvestSchedule, positionFrom } from '../model/harvest-schedule.ts'
import {
  channel,
  claimed,
  claimOf,
  event,
  harvestJob,
  later,
  MANY,
  NOW,
  originEndpoint,
} from '../stores/nouns.contract.ts'
import type { Resources } from '../stores/resources.ts'
import { harvestSchedule } from '../stores/schedule-records.contract.ts'
import { openSqliteStore, type SqliteStore } from '../stores/sqlite/sqlite-store.ts'
import { createSchedules } from './schedules.ts'

const folder = await mkdtemp(join(tmpdir(), 'windrow-schedules-'))
const stores = new Set<SqliteStore>()
let files = 0
after(async () => {
  await Promise.all([...stores].map((store) => store.close()))
  await rm(folder, { recursive: true })
})

async function openStore(path: string): Promise<SqliteStore> {
  const store = await openSqliteStore(path)
  stores.add(store)
  return store
}

const ENDPOINT = originEndpoint('hls', 'news', { startoverWindowSeconds: 86_400 })
const KEY = {
  bucketName: 'clips',
  manifestKey: '{channel}/{start:yyyyMMddHH}.m3u8',
  roleArn: 'arn:aws:iam::000000000000:role/r',
}
const OPTIONS = { ...DEFAULT_HARVEST_OPTIONS, deliverables: [{ kind: 'HLS' }] } as const

/** A schedule of every hour, on an archive whose content and clock are as a test says. */
async function rehearse(changes: Partial<HarvestSchedule> = {}, limits = {}) {
  const { resources } = await openStore(join(folder, `${++files}.db`))
  await resources.createChannel(channel('news'), MANY)
  await resources.createOriginEndpoint(ENDPOINT, MANY)
  const schedule = harvestSchedule('hourly', { s3Destination: KEY, options: OPTIONS, ...changes })
  await resources.createHarvestSchedule(schedule, positionFrom(schedule, schedule.start), { maxSchedules: 9 })
  const told: string[] = []
  const logged: string[] = []
  const note = ({ event }: { readonly event: string }) => {
    logged.push(event)
  }
  const world = { now: NOW, content: undefined as UtcRange | undefined, resources: resources as Resources }
  const schedules = () =>
    createSchedules({
      resources: world.resources,
      clock: () => world.now,
      log: { info: note, warn: note, error: note },
      account: { accountId: '000000000000', region: 'eu-central-1' },
      limits: { ...DEFAULT_LIMITS, ...limits },
      extent: async () => world.content,
      harvest: {
        changed: (id) => told.push(id),
        forecast: () => Promise.reject(new Error()),
        firstDifference: () => Promise.reject(new Error()),
        removeLeftovers: () => Promise.reject(new Error()),
      },
    })
  const runs = async () =>
    (await resources.listScheduleRuns('hourly', { limit: 99 })).items.map(
      ({ start, jobId, failure }) => `${(start - NOW) / HOUR_MS} ${jobId ?? failure?.code}`,
    )
  const at = async (hours: number) => {
    world.now = later(hours * HOUR_MS)
    await schedules().makeJobs()
  }
  const jobIds = async () =>
    (await resources.listHarvestJobs({ limit: 99, createdAfter: utcMs(0) })).items.map(({ id }) => id)
  return { resources, world, schedules, schedule, at, runs, told, logged, jobIds }
}

describe('the jobs of a schedule', () => {
  it('are made when their windows have passed, each once, with a key of its own', async () => {
    const { at, told, resources, runs, world } = await rehearse()
    world.content = { start: later(-HOUR_MS), end: later(9 * HOUR_MS) }
    await at(1)
    assert.deepEqual(told, [], 'the window ends five seconds later, with what overlaps')
    await at(1.1)
    await at(1.9)
    await at(2.1)
    const ids = ['hourly-20260101000000', 'hourly-20260101010000']
    assert.deepEqual(told, ids)
    assert.deepEqual(await runs(), [`1 ${ids[1]}`, `0 ${ids[0]}`])
    assert.partialDeepStrictEqual(await resources.harvestJobById(ids[1]!), {
      scheduleId: 'hourly',
      startTime: '2026-01-01T01:00:00.000Z',
      endTime: '2026-01-01T02:00:05.000Z',
      s3Destination: { ...KEY, manifestKey: 'news/2026010101.m3u8' },
      options: OPTIONS,
      createdAt: later(2.1 * HOUR_MS),
    })
  })

  it('are made once when a process dies between the job and its record', async () => {
    const { at, world, resources, runs, jobIds, logged } = await rehearse()
    world.resources = { ...resources, recordScheduleRuns: () => Promise.reject(new Error('killed')) }
    await at(1.1)
    assert.deepEqual([await runs(), logged], [[], ['harvest-schedule-failed']])
    world.resources = resources
    await at(1.2)
    assert.deepEqual(await runs(), ['0 hourly-20260101000000'])
    assert.deepEqual(await jobIds(), ['hourly-20260101000000'])
  })

  it('wait while there are too many jobs, and lose no window', async () => {
    const { at, resources, runs, world } = await rehearse({}, { maxHarvestJobsInProgress: 2 })
    await at(3.1)
    assert.equal((await runs()).length, 2)
    await at(3.2)
    assert.equal((await runs()).length, 2)
    for (let job = 0; job < 2; job++) {
      const end = { at: world.now, outcome: { state: 'SUCCEEDED' } as const, event: event(`end ${job}`) }
      await resources.finishHarvestJob(claimOf(await claimed(resources, world.now)), end)
    }
    await at(3.3)
    assert.deepEqual(await runs(), ['2 hourly-20260101020000', '1 hourly-20260101010000', '0 hourly-20260101000000'])
  })

  it('begin where the startover window does after an outage, and windows before it are missed', async () => {
    const { at, world, resources, runs, logged } = await rehearse()
    world.content = { start: later(0), end: later(26.5 * HOUR_MS) }
    await at(26.5)
    assert.deepEqual((await runs()).slice(-3), [
      '2 hourly-20260101020000',
      '1 BeforeStartoverWindow',
      '0 BeforeStartoverWindow',
    ])
    const { startTime } = (await resources.harvestJobById('hourly-20260101020000'))!
    assert.equal(startTime, '2026-01-01T02:30:10.000Z', 'with time to begin')
    assert.ok(logged.includes('harvest-schedule-missed'))
    const [missed] = (await resources.listEvents({ limit: 1 })).items
    assert.partialDeepStrictEqual(missed, {
      detailType: 'Windrow HarvestSchedule Notification',
      resources: ['arn:aws:mediapackage:eu-central-1:000000000000:harvest_schedules/hourly'],
      detail: {
        event: 'HarvestMissed',
        windows: [
          { start_time: '2026-01-01T00:00:00.000Z', code: 'BeforeStartoverWindow' },
          { start_time: '2026-01-01T01:00:00.000Z', code: 'BeforeStartoverWindow' },
        ],
      },
    })
  })

  it('ask for the whole window where the policy wants it whole', async () => {
    const { at, world, resources } = await rehearse({ options: { ...OPTIONS, gapPolicy: 'FAIL' } })
    world.content = { start: later(0.5 * HOUR_MS), end: later(2 * HOUR_MS) }
    await at(1.1)
    assert.equal((await resources.harvestJobById('hourly-20260101000000'))?.startTime, '2026-01-01T00:00:00.000Z')
  })

  it('are not made of windows before all content, without an endpoint, or in place of another job', async () => {
    const { at, world, resources, runs } = await rehearse()
    world.content = { start: later(1.5 * HOUR_MS), end: later(9 * HOUR_MS) }
    await resources.createHarvestJob(harvestJob('hourly-20260101010000', ENDPOINT), MANY, later(0))
    await at(3.1)
    const unwanted = originEndpoint('hls', 'news', { startoverWindowSeconds: 60, revision: 2 })
    await resources.updateOriginEndpoint(unwanted, 0)
    await at(4.1)
    await resources.deleteOriginEndpoint('hls', NOW, 0)
    await at(5.1)
    assert.deepEqual((await runs()).toReversed(), [
      '0 BeforeContent',
      '1 IdTaken',
      '2 hourly-20260101020000',
      '3 BeforeStartoverWindow',
      '4 NoOriginEndpoint',
    ])
  })

  it('wait for an endpoint that is gone, which is said once', async () => {
    const { at, world, resources, runs, logged, jobIds } = await rehearse()
    world.content = { start: later(0), end: later(9 * HOUR_MS) }
    await at(1.1)
    await resources.deleteOriginEndpoint('hls', NOW, 0)
    const recorded = async () => (await resources.harvestScheduleById('hourly'))?.revision
    await at(2.1)
    const { items: events } = await resources.listEvents({ limit: 9 })
    const revision = await recorded()
    await at(2.2)
    assert.equal(await recorded(), revision, 'is not due before ten minutes have passed')
    for (let hours = 3; hours < 9; hours++) await at(hours)
    assert.deepEqual(await runs(), ['1 NoOriginEndpoint', '0 hourly-20260101000000'])
    assert.equal(logged.filter((each) => each === 'harvest-schedule-missed').length, 1)
    assert.deepEqual((await resources.listEvents({ limit: 9 })).items, events)
    const record = await resources.harvestScheduleById('hourly')
    assert.equal(scheduleReport(record!, { accountId: '000000000000', region: 'eu-central-1' }).state, 'WAITING')
    await resources.createOriginEndpoint(ENDPOINT, MANY)
    await at(9.1)
    assert.equal((await jobIds()).length, 9)
    assert.deepEqual((await runs()).slice(-2), ['1 hourly-20260101010000', '0 hourly-20260101000000'])
    const back = await resources.harvestScheduleById('hourly')
    assert.equal(scheduleReport(back!, { accountId: '000000000000', region: 'eu-central-1' }).state, 'ACTIVE')
  })

  it('are not made of windows that the endpoint does not allow any more', async () => {
    const { at, resources, runs } = await rehearse()
    await resources.updateOriginEndpoint(originEndpoint('hls', 'news', { startoverWindowSeconds: 60, revision: 2 }), 0)
    await at(1.1)
    assert.deepEqual(await runs(), ['0 JobRefused'])
    const { items } = await resources.listScheduleRuns('hourly', { limit: 1 })
    assert.match(items[0]?.failure?.message ?? '', /^The job was refused: endTime: must be at most 60 s/)
  })

  it('go on as the schedule is now, if it was changed while one was made', async () => {
    const { at, world, resources, runs, schedule } = await rehearse()
    const every = { minutes: 30 } as const
    world.resources = {
      ...resources,
      async createHarvestJob(...args) {
        const { revision, next, dueAt } = (await resources.harvestScheduleById('hourly'))!
        if (revision === 1) {
          const position = { ...(next !== undefined && { next }), ...(dueAt !== undefined && { dueAt }) }
          await resources.updateHarvestSchedule({ schedule: { ...schedule, every }, revision: 2, ...position })
        }
        return resources.createHarvestJob(...args)
      },
    }
    await at(1.1)
    assert.deepEqual(await runs(), ['0 hourly-20260101000000'])
    assert.equal((await resources.harvestScheduleById('hourly'))?.next, later(HOUR_MS / 2))
  })

  it('are not made of what is older than any history', async () => {
    const { at, world, runs } = await rehearse({
      every: { days: 1, at: '00:00', timeZone: 'UTC' },
      durationSeconds: 60,
    })
    world.content = { start: later(98 * 24 * HOUR_MS), end: later(100 * 24 * HOUR_MS) }
    for (let steps = 0; steps < 6; steps++) await at(100 * 24)
    assert.equal((await runs()).length, 90)
    assert.equal((await runs()).at(-1), `${10 * 24} BeforeStartoverWindow`)
  })

  it('stop when the work is left to others', async () => {
    const { world, schedules, runs } = await rehearse()
    world.now = later(2 * HOUR_MS)
    const leaving = schedules()
    await leaving.release()
    await leaving.makeJobs()
    assert.deepEqual(await runs(), [])
  })

  it('become one asset each, however often the process is killed, while clocks are put forward', async () => {
    const path = join(folder, 'life.db')
    const open = async () => {
      const { resources, close } = await openStore(path)
      return { resources, close }
    }
    const from = utcMs(Date.UTC(2026, 2, 28, 20))
    assert.ok((await liveSchedules({ open, nodes: 1, random: seededRandom(files), from, days: 0.5 })) > 20)
  })
})
