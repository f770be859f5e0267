import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { scheduleCommand } from '../../src/cli/schedule-command.ts'
import { CommandFailed, CommandMisused } from '../../src/cli/terminal.ts'
import { type UtcMs, utcMs } from '../../src/media/time.ts'
import type { Resources } from '../../src/stores/resources.ts'
import { commandRunner } from './command-runner.ts'
import { assertDeletedOnce, assertSigned } from './guarded-collection.ts'
import { type Asker, NOW, ROLE, type Row, startAsker } from './rules-asker.ts'

const HOUR_MS = 3_600_000
const SCHEDULES = '/windrow/v1/harvest_schedules'
const iso = (ms: number) => new Date(ms).toISOString()

const SCHEDULE = {
  id: 'evening',
  originEndpointId: 'hls',
  every: { days: 1, at: '20:15', timeZone: 'Europe/Berlin' },
  durationSeconds: 1800,
  overlap: { beforeSeconds: 30, afterSeconds: 60 },
  s3Destination: {
    bucketName: 'clips',
    manifestKey: '{channel}/{start:yyyy/MM/dd@Europe/Berlin}/{id}.m3u8',
    roleArn: ROLE,
  },
}
const s3 = (manifestKey: string) => ({ s3Destination: { ...SCHEDULE.s3Destination, manifestKey } })

type Json = Record<string, unknown>
const json = (answer: { readonly json: unknown }) => answer.json as Json

async function start(options: Parameters<typeof startAsker>[0] = {}): Promise<Asker> {
  const asker = await startAsker(options)
  await asker.made('/channels', { id: 'main' })
  const endpoint = { channelId: 'main', hlsPackage: {} }
  await asker.made('/origin_endpoints', { ...endpoint, id: 'hls', startoverWindowSeconds: 3600 })
  await asker.made('/origin_endpoints', { ...endpoint, id: 'day', startoverWindowSeconds: 100_000 })
  await asker.made('/origin_endpoints', { ...endpoint, id: 'live' })
  return asker
}

/** Records what became of the next window of a schedule, as its runner does. */
async function record(resources: Resources, id: string, jobId: string, next: UtcMs): Promise<void> {
  const { revision, next: begin } = (await resources.harvestScheduleById(id))!
  const run = { start: begin!, end: next, recordedAt: next, jobId }
  const outcome = { runs: [run], position: { next, dueAt: utcMs(next + HOUR_MS) } }
  assert.equal(await resources.recordScheduleRuns({ id, revision }, outcome), 'recorded')
}

/** Of which many windows are looked at in a moment. */
const HOURLY = { every: { hours: 1 } }

/** Bodies of CreateHarvestSchedule over a sound one. */
const REFUSED: readonly Row[] = [
  [{ id: 'a b' }, 'id'],
  [{ id: 'x'.repeat(201) }, 'id: must be at most 200 characters'],
  [{ originEndpointId: 'none' }, 'originEndpointId: there is no origin endpoint'],
  [{ originEndpointId: 'live' }, 'originEndpointId: live has no startover window'],
  [{ every: {} }, 'every: must have one of minutes, hours, days, weekdays'],
  [{ every: { hours: 1, at: '20:15' } }, 'every.at: must not be given with hours'],
  [{ every: { days: 1, timeZone: 'Mars' } }, 'every.timeZone: must be the name of a time zone'],
  [{ every: { weekdays: ['FUNDAY'] } }, 'every.weekdays[0]: must be one of MONDAY'],
  [{ every: { hours: 0.5 } }, 'every.hours: must be a whole number'],
  [{ durationSeconds: 0 }, 'durationSeconds: must be at least 1'],
  [{ durationSeconds: 3500 }, 'durationSeconds: must make no window longer than 3540 s'],
  [{ overlap: { beforeSeconds: 1801 } }, 'overlap.beforeSeconds: must be between 0 and 1800'],
  [{ overlap: { afterSeconds: -1 } }, 'overlap.afterSeconds: must be between 0 and 1800'],
  [{ startTime: 'soon' }, 'startTime'],
  [{ startTime: iso(NOW - 15 * 24 * HOUR_MS) }, 'startTime: must be at most 14 days ago'],
  [{ startTime: iso(NOW + 367 * 24 * HOUR_MS) }, 'startTime: must be at most 366 days ahead'],
  [{ endTime: iso(NOW) }, 'endTime: must be after the first window begins'],
  [s3('{channel}.m3u8'), 's3Destination.manifestKey: must name each window differently'],
  [s3('{start}.mp4'), 's3Destination.manifestKey: must be a path that ends in the file name of an HLS'],
  [s3('{start}/../x.m3u8'), 's3Destination.manifestKey: must not'],
  [s3('{date}.m3u8'), 's3Destination.manifestKey: must have no other words in braces'],
  [{ s3Destination: { ...SCHEDULE.s3Destination, bucketName: 'A' } }, 's3Destination.bucketName'],
  [{ deliverables: [{ kind: 'MP4' }] }, 's3Destination.manifestKey: must be a path that ends in .mp4'],
  [
    { deliverables: [{ kind: 'HLS' }, { kind: 'STILLS', times: [iso(NOW)] }] },
    'deliverables[1].times: must not be given',
  ],
  [{ gapPolicy: 'IGNORE' }, 'gapPolicy: must be one of'],
]

describe('a harvest schedule', () => {
  let asker: Asker
  before(async () => {
    asker = await start()
  })
  after(() => asker.control.close())

  it('is created with its defaults, and tells its next window', async () => {
    const created = await asker.made(SCHEDULES, SCHEDULE)
    assert.deepEqual(created, {
      ...SCHEDULE,
      arn: `${String(created['arn']).split(':').slice(0, 5).join(':')}:harvest_schedules/evening`,
      startTime: iso(NOW),
      createdAt: iso(NOW),
      modifiedAt: iso(NOW),
      gapPolicy: 'DISCONTINUITY',
      earlyEndPolicy: 'CLAMP',
      report: false,
      state: 'ACTIVE',
      nextRun: {
        startTime: '2026-03-04T19:15:00.000Z',
        endTime: '2026-03-04T19:45:00.000Z',
        jobId: 'evening-20260304191500',
        manifestKey: 'main/2026/03/04/evening-20260304191500.m3u8',
        dueAt: '2026-03-04T19:46:00.000Z',
      },
      lastRuns: [],
    })
    await asker.refused('POST', SCHEDULES, SCHEDULE, 'id: a harvest schedule with the id "evening" already exists')
    assert.deepEqual(json(await asker.ask('GET', `${SCHEDULES}/evening`)), created)
    const { harvestSchedules } = json(await asker.ask('GET', SCHEDULES))
    const shown = (harvestSchedules as Json[]).map(({ id, state }) => [id, state])
    assert.deepEqual(shown, [['evening', 'ACTIVE']])
  })

  it('counts intervals from the next whole one, or from where it is told to', async () => {
    const every = { hours: 5 }
    const hourly = { ...SCHEDULE, id: 'intervals', every }
    assert.equal((await asker.made(SCHEDULES, hourly))['startTime'], '2026-03-04T15:00:00.000Z')
    const startTime = iso(NOW - HOUR_MS)
    const { nextRun } = await asker.made(SCHEDULES, { ...hourly, id: 'told', startTime })
    assert.equal((nextRun as Json)['startTime'], startTime)
  })

  it('may have days of 25 hours', async () => {
    const { durationSeconds: _, ...daily } = { ...SCHEDULE, id: 'daily', originEndpointId: 'day' }
    await asker.made(SCHEDULES, daily)
    const short = { ...daily, id: 'short', originEndpointId: 'hls' }
    await asker.refused('POST', SCHEDULES, short, 'every: must make no window longer than 3540 s')
  })

  for (const [body, rule] of REFUSED) {
    it(`is refused with ${JSON.stringify(body).slice(0, 80)}`, () =>
      asker.refused('POST', SCHEDULES, { ...SCHEDULE, ...HOURLY, id: 'x', ...body }, rule))
  }

  it('has a history of what became of its windows', async () => {
    const { resources } = asker.control
    const window = { startTime: iso(NOW - 600_000), endTime: iso(NOW - 540_000) }
    await asker.made('/windrow/v1/harvest_jobs', { ...SCHEDULE, ...window, ...s3('a.m3u8'), id: 'a-job' })
    const first = utcMs(Date.parse('2026-03-05T19:15:00Z'))
    await record(resources, 'evening', 'a-job', first)
    await record(resources, 'evening', 'forgotten', utcMs(first + 24 * HOUR_MS))
    const runs = json(await asker.ask('GET', `${SCHEDULES}/evening/runs?maxResults=1`))
    assert.deepEqual(runs['runs'], [
      {
        startTime: iso(first),
        endTime: iso(first + 24 * HOUR_MS),
        recordedAt: iso(first + 24 * HOUR_MS),
        jobId: 'forgotten',
      },
    ])
    const rest = json(await asker.ask('GET', `${SCHEDULES}/evening/runs?nextToken=${String(runs['nextToken'])}`))
    assert.partialDeepStrictEqual(rest, { runs: [{ jobId: 'a-job', state: 'QUEUED' }] })
    assert.equal(rest['nextToken'], undefined)
    const { lastRuns } = json(await asker.ask('GET', `${SCHEDULES}/evening`))
    assert.equal((lastRuns as Json[]).length, 2)
    assert.equal((await asker.ask('GET', `${SCHEDULES}/nobody/runs`)).status, 404)
  })

  it('goes on after what became of its windows when it is replaced', async () => {
    const replaced = json(await asker.ask('PUT', `${SCHEDULES}/told`, { ...SCHEDULE, every: { minutes: 45 } }))
    assert.equal(replaced['startTime'], iso(NOW - HOUR_MS), 'counted from where it was')
    assert.equal((replaced['nextRun'] as Json)['startTime'], iso(NOW - HOUR_MS), 'nothing has become of it yet')
    await record(asker.control.resources, 'told', 'x', utcMs(NOW + HOUR_MS))
    const again = json(await asker.ask('PUT', `${SCHEDULES}/told`, { ...SCHEDULE, every: { minutes: 15 } }))
    assert.equal((again['nextRun'] as Json)['startTime'], iso(NOW))
    const ended = { ...SCHEDULE, every: { minutes: 15 }, endTime: iso(NOW - 1) }
    assert.equal(json(await asker.ask('PUT', `${SCHEDULES}/told`, ended))['state'], 'ENDED')
    const on = json(await asker.ask('PUT', `${SCHEDULES}/told`, { ...ended, endTime: iso(NOW + HOUR_MS) }))
    assert.equal((on['nextRun'] as Json)['startTime'], iso(NOW), 'from where it had ended')
    await asker.refused('PUT', `${SCHEDULES}/told`, { ...SCHEDULE, every: { days: 99 } }, 'every.days')
    assert.equal((await asker.ask('PUT', `${SCHEDULES}/nobody`, SCHEDULE)).status, 404)
  })

  it('is stopped, and started again with windows that begin from then on', async () => {
    const begin = iso(NOW - 2 * HOUR_MS)
    await asker.made(SCHEDULES, { ...SCHEDULE, id: 'stopping', every: { hours: 1 }, startTime: begin })
    const stopped = json(await asker.ask('POST', `${SCHEDULES}/stopping/stop`))
    assert.deepEqual([stopped['state'], stopped['nextRun']], ['STOPPED', undefined])
    assert.deepEqual(await asker.control.resources.dueHarvestSchedules(utcMs(NOW), 9), [])
    const put = json(await asker.ask('PUT', `${SCHEDULES}/stopping`, { ...SCHEDULE, every: { hours: 1 } }))
    assert.equal(put['state'], 'STOPPED')
    const started = json(await asker.ask('POST', `${SCHEDULES}/stopping/start`))
    assert.deepEqual([started['state'], (started['nextRun'] as Json)['startTime']], ['ACTIVE', iso(NOW)])
    assert.deepEqual(json(await asker.ask('POST', `${SCHEDULES}/stopping/start`)), started)
    for (const what of ['stop', 'start']) {
      assert.equal((await asker.ask('POST', `${SCHEDULES}/nobody/${what}`)).status, 404)
    }
  })

  it('is deleted once', () => assertDeletedOnce(asker, SCHEDULES, 'stopping'))

  it('is shown to nobody who cannot sign', () => assertSigned(asker, SCHEDULES, 'evening'))
})

it('there are no more harvest schedules than the quota allows', async (t) => {
  const asker = await start({ limits: { maxHarvestSchedules: 1 } })
  t.after(() => asker.control.close())
  await asker.made(SCHEDULES, SCHEDULE)
  const answer = await asker.ask('POST', SCHEDULES, { ...SCHEDULE, id: 'another' })
  assert.deepEqual([answer.status, json(answer)['message']], [429, 'Limit exceeded: at most 1 harvest schedules'])
})

const WORDS = ['--endpoint', 'hls', '--every', '1h', '--to', 'clips/{start:yyyy/MM/dd/HH}.m3u8', '--length', '30m']

describe('windrow schedule', () => {
  let asker: Asker
  before(async () => {
    asker = await startAsker()
    await asker.made('/channels', { id: 'main' })
    const endpoint = { id: 'hls', channelId: 'main', startoverWindowSeconds: 3600, hlsPackage: {} }
    await asker.made('/origin_endpoints', endpoint)
  })
  after(() => asker.control.close())

  const run = commandRunner(scheduleCommand, () => asker)
  const created = async (id: string, ...args: readonly string[]) =>
    JSON.parse(await run(['create', '--id', id, ...WORDS, ...args])) as Record<string, unknown>

  it('creates a schedule of everything that the API takes, as a line of JSON', async () => {
    const overlap = ['--before', '10s', '--after', '1m']
    const times = ['--start', '-10m', '--end', '+1d']
    const options = ['--make', 'hls,mp4', '--cut', 'frame', '--gaps', 'clamp', '--early-end', 'fail', '--report']
    assert.partialDeepStrictEqual(await created('hourly', ...overlap, ...times, ...options), {
      id: 'hourly',
      originEndpointId: 'hls',
      every: { hours: 1 },
      durationSeconds: 1800,
      overlap: { beforeSeconds: 10, afterSeconds: 60 },
      startTime: new Date(NOW - 600_000).toISOString(),
      endTime: new Date(NOW + 86_400_000).toISOString(),
      s3Destination: { bucketName: 'clips', manifestKey: '{start:yyyy/MM/dd/HH}.m3u8' },
      deliverables: [{ kind: 'HLS' }, { kind: 'MP4' }],
      cut: 'FRAME',
      gapPolicy: 'CLAMP',
      earlyEndPolicy: 'FAIL',
      report: true,
      state: 'ACTIVE',
    })
  })

  it('takes intervals, days and days of the week', async () => {
    const place = ['--at', '20:15', '--zone', 'Europe/Berlin']
    for (const [id, words, every] of [
      ['q', ['--every', '15m', '--length', '60s', '--to', 'clips/{id}.m3u8'], { minutes: 15 }],
      ['d', ['--every', '1d', ...place], { days: 1, at: '20:15', timeZone: 'Europe/Berlin' }],
      ['w', ['--every', 'mon,Sunday'], { weekdays: ['MONDAY', 'SUNDAY'], at: '00:00', timeZone: 'UTC' }],
    ] as const) {
      assert.deepEqual((await created(id, ...words))['every'], every)
    }
  })

  it('tells people of a schedule and its windows', async () => {
    const { resources } = asker.control
    const { revision } = (await resources.harvestScheduleById('hourly'))!
    const start = utcMs(NOW - 600_000)
    const failure = { code: 'NoOriginEndpoint', message: 'There is none.' }
    const missed = { start, end: utcMs(NOW), recordedAt: utcMs(NOW), failure }
    const next = utcMs(NOW + 3_000_000)
    const outcome = { runs: [missed], position: { next, dueAt: next } }
    assert.equal(await resources.recordScheduleRuns({ id: 'hourly', revision }, outcome), 'recorded')
    const line = '2026-03-04T11:50:00.000Z to 2026-03-04T12:00:00.000Z  MISSED: There is none.\n'
    assert.equal(
      await run(['describe', 'hourly'], true),
      'hourly  ACTIVE  every hour, 1800 s each, next 2026-03-04T12:50:00.000Z\n' +
        '  of       hls\n' +
        '  to       clips/{start:yyyy/MM/dd/HH}.m3u8\n' +
        '  next     2026-03-04T13:21:00.000Z: 2026/03/04/12.m3u8\n' +
        `  run      ${line}`,
    )
    assert.equal(await run(['runs', 'hourly'], true), line)
    assert.equal(
      await run(['list'], true),
      'hourly  ACTIVE  every hour, 1800 s each, next 2026-03-04T12:50:00.000Z\n' +
        'q  ACTIVE  every 15 minutes, 60 s each, next 2026-03-04T12:00:00.000Z\n' +
        'd  ACTIVE  every day at 20:15 Europe/Berlin, 1800 s each, next 2026-03-04T19:15:00.000Z\n' +
        'w  ACTIVE  monday, sunday at 00:00 UTC, 1800 s each, next 2026-03-08T00:00:00.000Z\n',
    )
  })

  it('stops, starts and deletes a schedule', async () => {
    assert.match(await run(['stop', 'q'], true), /^q {2}STOPPED {2}every 15 minutes/)
    assert.match(await run(['start', 'q'], true), /^q {2}ACTIVE/)
    assert.equal(await run(['delete', 'q'], true), 'q deleted\n')
    await assert.rejects(run(['describe', 'q']), CommandFailed)
  })

  const misused: readonly [readonly string[], RegExp][] = [
    [[], /needs one of create, list/],
    [['toString'], /needs one of/],
    [['describe'], /needs the id of a schedule/],
    [['list', 'x'], /unexpected argument "x"/],
    [['describe', 'a', 'b'], /unexpected argument "b"/],
    [['create', ...WORDS], /--id is required/],
    [['create', '--id', 'x', ...WORDS, '--every', 'often'], /--every must be like/],
    [['create', '--id', 'x', ...WORDS, '--length', '5'], /--length must be a length/],
    [['create', '--id', 'x', ...WORDS, '--to', 'clips'], /--to must be BUCKET/],
    [['list', '--every', '1h'], /--every/],
  ]
  for (const [words, message] of misused) {
    it(`is misused as ${JSON.stringify(words.slice(0, 3))}: ${message.source}`, () =>
      assert.rejects(run(words), (error) => error instanceof CommandMisused && message.test(error.message)))
  }
})
