import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { scheduleCommand } from '../../src/cli/schedule-command.ts'
import { CommandFailed, CommandMisused } from '../../src/cli/terminal.ts'
import { utcMs } from '../../src/media/time.ts'
import { CREDENTIALS, REGION } from './control-under-test.ts'
import { type Asker, NOW, startAsker } from './rules-asker.ts'

const KEYS = {
  WINDROW_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  WINDROW_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  WINDROW_REGION: REGION,
}
const HOURLY = ['--endpoint', 'hls', '--every', '1h', '--to', 'clips/{start:yyyy/MM/dd/HH}.m3u8', '--length', '30m']

describe('windrow schedule', () => {
  let asker: Asker
  before(async () => {
    asker = await startAsker()
    await asker.made('/channels', { id: 'main' })
    const endpoint = { id: 'hls', channelId: 'main', startoverWindowSeconds: 3600, hlsPackage: {} }
    await asker.made('/origin_endpoints', endpoint)
  })
  after(() => asker.control.close())

  async function run(args: readonly string[], isTerminal = false): Promise<string> {
    let written = ''
    await scheduleCommand([...args, '--url', asker.control.endpoint], KEYS, {
      isTerminal,
      columns: 200,
      write: (text) => {
        written += text
      },
      now: () => NOW,
      sleep: async () => {},
    })
    return written
  }
  const created = async (id: string, ...args: readonly string[]) =>
    JSON.parse(await run(['create', '--id', id, ...HOURLY, ...args])) as Record<string, unknown>

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
    [['create', ...HOURLY], /--id is required/],
    [['create', '--id', 'x', ...HOURLY, '--every', 'often'], /--every must be like/],
    [['create', '--id', 'x', ...HOURLY, '--length', '5'], /--length must be a length/],
    [['create', '--id', 'x', ...HOURLY, '--to', 'clips'], /--to must be BUCKET/],
    [['list', '--every', '1h'], /--every/],
  ]
  for (const [words, message] of misused) {
    it(`is misused as ${JSON.stringify(words.slice(0, 3))}: ${message.source}`, () =>
      assert.rejects(run(words), (error) => error instanceof CommandMisused && message.test(error.message)))
  }
})
