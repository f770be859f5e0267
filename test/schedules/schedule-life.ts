/** Months of schedules in a moment, with crashes of those who make their jobs: each window becomes one asset. */
import assert from 'node:assert/strict'
import { DEFAULT_LIMITS } from '../../src/control/control-context.ts'
import type { Log } from '../../src/log.ts'
import { isoDateTime, type UtcMs, utcMs } from '../../src/media/time.ts'
import { DEFAULT_HARVEST_OPTIONS } from '../../src/model/harvest-job.ts'
import { type HarvestSchedule, positionFrom } from '../../src/model/harvest-schedule.ts'
import { createSchedules } from '../../src/schedules/schedules.ts'
import { channel, MANY, originEndpoint } from '../../src/stores/nouns.contract.ts'
import type { Resources } from '../../src/stores/resources.ts'
import { harvestSchedule } from '../../src/stores/schedule-records.contract.ts'
import type { Random } from '../judges/random.ts'
import { live, Mortality, type MortalNode, MortalNodes, type NodeStore, type NodesLife, type Time } from './mortal.ts'

const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Longer than outages last together, and a day. */
const STARTOVER_SECONDS = 7 * 86_400
const QUIET: Log = { info() {}, warn() {}, error() {} }

type Place = { readonly zone: string; readonly at: string }

/** When windows begin, told by another way than the program's: by looking at the clocks of a place every minute. */
function daysAt({ zone, at }: Place, from: number, until: number): number[] {
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' })
  const found = new Map<string, number>()
  for (let moment = from; moment < until; moment += 5 * MINUTE_MS) {
    const [day = '', time] = clock.format(moment).split(' ')
    if (time === at && !found.has(day)) found.set(day, moment)
  }
  return [...found.values()]
}

const every = (interval: number) => (from: number, until: number) =>
  Array.from({ length: Math.ceil((until - from) / interval) }, (_, n) => from + n * interval)

const BERLIN = { zone: 'Europe/Berlin', at: '20:15' }
const NIGHT = { zone: 'Europe/Berlin', at: '03:00' }
const NEW_YORK = { zone: 'America/New_York', at: '23:30' }

/** The schedules of the simulation, each with when its windows begin. */
const SCHEDULES: readonly {
  readonly schedule: Partial<HarvestSchedule> & Pick<HarvestSchedule, 'id' | 'every'>
  readonly key: string
  readonly starts: (from: number, until: number) => readonly number[]
}[] = [
  {
    schedule: { id: 'hourly', every: { hours: 1 }, overlap: { beforeSeconds: 5, afterSeconds: 10 } },
    key: '{channel}/{start:yyyy/MM/dd/HH}.m3u8',
    starts: every(HOUR_MS),
  },
  { schedule: { id: 'odd', every: { minutes: 85 } }, key: '{id}.m3u8', starts: every(85 * MINUTE_MS) },
  {
    schedule: {
      id: 'evening',
      every: { days: 1, at: BERLIN.at, timeZone: BERLIN.zone },
      durationSeconds: 5400,
    },
    key: 'evening/{start:yyyy-MM-dd@Europe/Berlin}/{schedule}.m3u8',
    starts: (from, until) => daysAt(BERLIN, from, until),
  },
  {
    schedule: { id: 'daily', every: { days: 1, at: NIGHT.at, timeZone: NIGHT.zone } },
    key: 'daily/{start}_{end}.m3u8',
    starts: (from, until) => daysAt(NIGHT, from, until),
  },
  {
    schedule: {
      id: 'weekend',
      every: { weekdays: ['SATURDAY', 'SUNDAY'], at: NEW_YORK.at, timeZone: NEW_YORK.zone },
      durationSeconds: 600,
    },
    key: '{endpoint}/{id}.m3u8',
    starts: (from, until) => {
      const dayOf = new Intl.DateTimeFormat('en-US', { timeZone: NEW_YORK.zone, weekday: 'long' })
      return daysAt(NEW_YORK, from, until).filter((at) => ['Saturday', 'Sunday'].includes(dayOf.format(at)))
    },
  },
]

/** Lives some days; resolves to the number of assets. Throws where a window has not become one asset. */
export async function liveSchedules({ open, nodes, random, from, days }: NodesLife): Promise<number> {
  const until = from + days * DAY_MS
  const time: Time = { now: from }
  const clock = () => utcMs(time.now)

  const first = await open()
  await prepare(first.resources, from, utcMs(until))
  await first.close()
  const living = new MortalNodes(nodes, () => startNode(open, clock, random))
  const assets = await live(living, { time, until, afterwardsMs: 2 * DAY_MS, random })

  const expected = SCHEDULES.flatMap(({ schedule, starts }) => {
    const moments = starts(from, until + 9 * DAY_MS)
    return moments.flatMap((at, n) => {
      const { durationSeconds } = schedule
      const end =
        durationSeconds === undefined ? (moments[n + 1] ?? Number.POSITIVE_INFINITY) : at + durationSeconds * 1000
      return at < until ? [`${schedule.id} ${isoDateTime(utcMs(at))} ${isoDateTime(utcMs(end))}`] : []
    })
  })
  const found = assets.map(({ scheduleId, start, end }) => {
    const { beforeSeconds = 0, afterSeconds = 0 } =
      SCHEDULES.find(({ schedule }) => schedule.id === scheduleId)?.schedule.overlap ?? {}
    const [first, last] = [utcMs(start + beforeSeconds * 1000), utcMs(end - afterSeconds * 1000)]
    return `${scheduleId} ${isoDateTime(first)} ${isoDateTime(last)}`
  })
  assert.deepEqual(found.toSorted(), expected.toSorted())
  const keys = assets.map(({ s3Destination: { manifestKey } }) => manifestKey)
  assert.equal(new Set(keys).size, keys.length, 'no two assets have one key')
  await checkHistory(living.resources, expected)
  await living.close()
  return assets.length
}

/** Each window is in the history once, with its job. */
async function checkHistory(resources: Resources, expected: readonly string[]): Promise<void> {
  const recorded: string[] = []
  for (const { schedule } of SCHEDULES) {
    for (let after: string | undefined; ; ) {
      const page = await resources.listScheduleRuns(schedule.id, { limit: 100, ...(after !== undefined && { after }) })
      for (const { start, end, job, jobId } of page.items) {
        assert.equal(job?.state, 'SUCCEEDED', jobId)
        recorded.push(`${schedule.id} ${isoDateTime(start)} ${isoDateTime(end)}`)
      }
      if (page.next === undefined) break
      after = page.next
    }
  }
  assert.deepEqual(recorded.toSorted(), [...expected].toSorted())
}

async function prepare(resources: Resources, from: UtcMs, until: UtcMs): Promise<void> {
  await resources.createChannel(channel('news'), MANY)
  const endpoint = originEndpoint('news-hls', 'news', { startoverWindowSeconds: STARTOVER_SECONDS })
  await resources.createOriginEndpoint(endpoint, MANY)
  for (const { schedule: given, key } of SCHEDULES) {
    const s3Destination = { bucketName: 'clips', manifestKey: key, roleArn: 'arn:aws:iam::000000000000:role/r' }
    const schedule = harvestSchedule(given.id, {
      ...given,
      originEndpointId: 'news-hls',
      start: from,
      end: until,
      options: { ...DEFAULT_HARVEST_OPTIONS, deliverables: [{ kind: 'HLS' }] },
      overlap: given.overlap ?? { beforeSeconds: 0, afterSeconds: 0 },
      s3Destination,
    })
    await resources.createHarvestSchedule(schedule, positionFrom(schedule, from), { maxSchedules: 9 })
  }
}

let nodesStarted = 0

async function startNode(open: () => Promise<NodeStore>, clock: () => UtcMs, random: Random): Promise<MortalNode> {
  const store = await open()
  const owner = `node ${++nodesStarted}`
  const mortality = new Mortality(random)
  const resources = {
    ...store.resources,
    createHarvestJob: mortality.mortal(store.resources.createHarvestJob),
    recordScheduleRuns: mortality.mortal(store.resources.recordScheduleRuns),
  }
  const schedules = createSchedules({
    resources,
    clock,
    log: QUIET,
    account: { accountId: '000000000000', region: 'eu-central-1' },
    limits: DEFAULT_LIMITS,
    extent: async () => ({ start: utcMs(clock() - STARTOVER_SECONDS * 1000), end: clock() }),
    harvest: { changed() {}, forecast: nobodyAsks, firstDifference: nobodyAsks, removeLeftovers: nobodyAsks },
    ...(store.claims && { shared: { claims: store.claims, owner, clock } }),
  })
  return { store, mortality, work: () => schedules.makeJobs(), release: () => schedules.release() }
}

const nobodyAsks = () => Promise.reject(new Error('nobody asks for it'))
