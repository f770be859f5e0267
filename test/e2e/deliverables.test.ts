/** One harvest of a live stream, and everything that people make of it. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ApiClient } from '../../src/cli/api-client.ts'
import type { ForecastReport, HarvestReport } from '../../src/control/harvest-operations.ts'
import { fixture } from '../fixtures/catalogue.ts'
import type { Fixture } from '../fixtures/fixture.ts'
import { apiOf, createChannel, createHlsEndpoint, harvestOutcome, mediaPackage } from '../judges/aws.ts'
import { type Nginx, startNginx } from '../judges/nginx.ts'
import { Player } from '../judges/player.ts'
import { run } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import { type Expected, expectedOf } from '../matrix/expected.ts'
import { judge } from '../matrix/judgement.ts'
import { OUTPUTS } from '../matrix/outputs.ts'
import { pushFixture } from '../matrix/push-fixture.ts'
import { needing } from '../programs.ts'
import { someOf } from '../whole.ts'

const { after, before, describe, it } = needing('ffmpeg', 'nginx', 'chromium')

const BUCKET = 'clips'
const HOUR_MS = 3_600_000
const ROLE = 'arn:aws:iam::000000000000:role/harvest'
const STILL_SECONDS = [2.1, 6.9]

/** What each presentation is judged as, by the name of an output of the matrix. */
const PRESENTATIONS = [
  { output: 'hls', engine: 'hls.js', file: 'goal.m3u8' },
  { output: 'cmaf', engine: 'hls.js', file: 'goal-cmaf.m3u8' },
  { output: 'dash-number', engine: 'dash.js', file: 'goal.mpd' },
  { output: 'dash-number', engine: 'shaka', file: 'goal.mpd' },
] as const

describe('a harvest of everything', () => {
  let windrow: Windrow
  let api: ApiClient
  let nginx: Nginx
  let player: Player
  let made: Fixture
  let expected: Expected
  let manifest: string
  let begin: number
  const iso = (seconds: number) => new Date(begin + seconds * 1000).toISOString()
  const folder = () => join(windrow.bucketFolder(BUCKET), 'news/goal')
  before(async () => {
    made = await fixture('two-languages-separate')
    windrow = await Windrow.start({ environment: { WINDROW_MP4_ON_REQUEST: 'true' } })
    api = apiOf(windrow)
    const client = mediaPackage(windrow)
    const ingest = await createChannel(client, 'news')
    manifest = await createHlsEndpoint(client, 'news', 'news-hls', { SegmentDurationSeconds: 2 })
    begin = Date.now() - HOUR_MS
    await pushFixture(ingest, made, begin)
    const deliverables = [
      { kind: 'HLS' },
      { kind: 'CMAF' },
      { kind: 'DASH' },
      { kind: 'MSS' },
      { kind: 'MP4' },
      { kind: 'AUDIO', name: 'radio' },
      { kind: 'STILLS', poster: true, times: STILL_SECONDS.map(iso), sprite: true },
    ]
    await create('goal', '{channel}/{id}/goal.m3u8', deliverables, { report: true })
    assert.equal(await harvestOutcome(client, 'goal'), 'SUCCEEDED', windrow.log)
    expected = await expectedOf(made)
    nginx = await startNginx(`root ${folder()}; add_header Access-Control-Allow-Origin *;`)
    player = await Player.start()
  })
  after(async () => {
    await player?.stop()
    await nginx?.stop()
    await windrow?.stop()
  })

  const create = (id: string, manifestKey: string, deliverables: readonly object[], more: object = {}) => {
    const s3Destination = { bucketName: BUCKET, manifestKey, roleArn: ROLE }
    const window = { startTime: iso(0), endTime: iso(HOUR_MS / 2000) }
    const body = { id, originEndpointId: 'news-hls', ...window, s3Destination, deliverables, ...more }
    return api.ask('POST', 'harvest_jobs', { body }) as Promise<HarvestReport>
  }

  for (const name of someOf(['hls', 'cmaf', 'dash-number'] as const, 2)) {
    it(`has all that went in as ${name}`, async () => {
      const output = OUTPUTS.find((each) => each.name === name)!
      const url = `${nginx.url}/${PRESENTATIONS.find((each) => each.output === name)!.file}`
      await judge({ fixture: made, output, url, viewed: await output.view(url), expected })
    })
  }

  for (const { output, engine, file } of someOf(PRESENTATIONS, 2)) {
    it(`plays to its end in ${engine}, as ${output}`, async () => {
      const { duration } = await player.playToEnd(engine, `${nginx.url}/${file}`, 8)
      assert.ok(Math.abs(duration - 10) < 0.5, `${duration} s`)
    })
  }

  it('has the segments that CMAF and DASH list once', () => {
    const video = readdirSync(folder()).filter((name) => /^index_video_\d+_\d+_\d+\.mp4$/.test(name))
    assert.equal(video.length, made.streams[0]!.segments.length)
    const playlist = readFileSync(join(folder(), 'index_video_1.m3u8'), 'utf8')
    for (const name of video) assert.ok(playlist.includes(name), name)
  })

  it('plays as MP4 in a browser, with both languages, from the first byte on', async () => {
    const probe = await run('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'stream=codec_type:stream_tags=language',
      '-of',
      'csv=p=0',
      join(folder(), 'goal.mp4'),
    ])
    assert.match(probe.toString(), /video.*\n+audio,eng\n+audio,fra/)
    const { duration } = await player.playToEnd('browser', `${nginx.url}/goal.mp4`, 8)
    assert.ok(Math.abs(duration - 10) < 0.5, `${duration} s`)
    assert.deepEqual(
      readdirSync(folder()).filter((name) => name.endsWith('.m4a')),
      ['radio.m4a'],
    )
  })

  it('plays as MP4 without a job, cut to the frame', async () => {
    const url = `${manifest.replace('.m3u8', '.mp4')}?start=${iso(1)}&end=${iso(5.52)}&cut=frame`
    const { duration } = await player.playToEnd('browser', url, 8)
    assert.ok(Math.abs(duration - 4.52) < 0.05, `${duration} s`)
  })

  it('has stills that are the key frames, as ffmpeg decodes them', async () => {
    // Key frames are every two seconds: nearest to 2.1 s is the one at 2 s, to 6.9 s that at 6 s.
    for (const [name, seconds] of [
      ['goal.jpg', 0],
      ['goal_1.jpg', 2],
      ['goal_2.jpg', 6],
    ] as const) {
      const difference = await psnr(join(folder(), name), seconds)
      assert.ok(difference > 30, `${name} beside the picture at ${seconds} s: ${difference} dB`)
    }
    const map = readFileSync(join(folder(), 'goal_sprite.vtt'), 'utf8')
    const tiles = [...map.matchAll(/goal_sprite\.jpg#xywh=(\d+),(\d+),(\d+),(\d+)/g)].map(([, ...numbers]) =>
      numbers.map(Number),
    )
    const size = await run('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'stream=width,height',
      '-of',
      'csv=p=0',
      join(folder(), 'goal_sprite.jpg'),
    ])
    const [width = 0, height = 0] = size.toString().trim().split(',').map(Number)
    assert.ok(tiles.length >= 5)
    for (const [x, y, w, h] of tiles)
      assert.ok(x! + w! <= width && y! + h! <= height, `${x} ${y} in ${width}x${height}`)
  })

  it('is what its report says, by windrow harvest verify', async () => {
    const program = join(import.meta.dirname, '../../bin/windrow')
    const verify = (where: string) => promisify(execFile)(process.execPath, [program, 'harvest', 'verify', where])
    for (const where of [folder(), nginx.url]) {
      const { isIntact, objects } = JSON.parse((await verify(where)).stdout) as { isIntact: boolean; objects: number }
      assert.ok(isIntact)
      assert.ok(objects > 40)
    }
  })

  it('makes the same bytes again', async () => {
    await create('again', 'again/goal.m3u8', [{ kind: 'HLS' }, { kind: 'MP4' }, { kind: 'STILLS', sprite: true }])
    assert.equal(await harvestOutcome(mediaPackage(windrow), 'again'), 'SUCCEEDED', windrow.log)
    for (const name of ['goal.mp4', 'goal_sprite.jpg']) {
      assert.equal(digestOf(join(folder(), '../../again', name)), digestOf(join(folder(), name)), name)
    }
  })

  const refused: readonly [string, string, readonly object[], RegExp][] = [
    ['no deliverable', 'x/a.m3u8', [], /deliverables: must not be empty/],
    ['an unknown kind', 'x/a.m3u8', [{ kind: 'GIF' }], /deliverables\[0\]\.kind: must be one of HLS, .*got "GIF"/],
    ['a key that fits none', 'x/a.mp4', [{ kind: 'HLS' }], /manifestKey: must be a path that ends in \.m3u8/],
    [
      'a name with a path',
      'x/a.mp4',
      [{ kind: 'MP4' }, { kind: 'AUDIO', name: '../b' }],
      /deliverables\[1\]\.name: must be/,
    ],
    [
      'more stills than anybody looks at',
      'x/a.jpg',
      [{ kind: 'STILLS', times: Array(101).fill('1') }],
      /times: must be at most 100/,
    ],
    ['nothing for its key', 'x/a.mp4', [{ kind: 'MP4', name: 'b' }], /must have one without a name/],
    ['an unknown pattern', '{chanel}/a.mp4', [{ kind: 'MP4' }], /other words in braces than \{channel\}/],
    ['a pattern that leads elsewhere', '{start:..}/a.mp4', [{ kind: 'MP4' }], /must not begin or end with "\/"/],
  ]
  for (const [what, key, deliverables, message] of refused) {
    it(`refuses ${what}, and says where`, async () => {
      await assert.rejects(create('refused', key, deliverables), { message })
    })
  }

  for (const [what, key, deliverables, more] of [
    [
      'two stills',
      'clash/a.jpg',
      [
        { kind: 'STILLS', times: ['1', '2'] },
        { kind: 'STILLS', name: 'a_1' },
      ],
      {},
    ],
    [
      'the report and metadata',
      'clash/a.m3u8',
      [{ kind: 'HLS' }, { kind: 'METADATA', name: 'harvest' }],
      { report: true },
    ],
    ['a parent and a child playlist', 'clash/a.m3u8', [{ kind: 'HLS' }, { kind: 'CMAF', name: 'index_1' }], {}],
    ['a file and a segment', 'clash/a.mpd', [{ kind: 'DASH' }, { kind: 'MP4', name: 'index_video_1_1_1' }], {}],
  ] as const) {
    it(`does not give one name to ${what}`, async () => {
      const id = what.replaceAll(' ', '-')
      await create(id, key, deliverables, more)
      assert.equal(await harvestOutcome(mediaPackage(windrow), id), 'FAILED')
      const { failure } = (await api.ask('GET', `harvest_jobs/${id}`)) as HarvestReport
      assert.equal(failure?.code, 'NameClash', failure?.message)
    })
  }

  it('fails, and forecasts that, when there is nothing for one of its deliverables', async () => {
    const deliverables = [{ kind: 'MP4' }, { kind: 'SUBTITLES' }]
    const s3Destination = { bucketName: BUCKET, manifestKey: 'silent/goal.mp4', roleArn: ROLE }
    const window = { startTime: iso(0), endTime: iso(8) }
    const body = { originEndpointId: 'news-hls', ...window, s3Destination, deliverables }
    const forecast = (await api.ask('POST', 'harvest_jobs:preflight', { body })) as ForecastReport
    await create('silent', 'silent/goal.mp4', deliverables)
    assert.equal(await harvestOutcome(mediaPackage(windrow), 'silent'), 'FAILED')
    const { failure } = (await api.ask('GET', 'harvest_jobs/silent')) as HarvestReport
    for (const said of [failure, ...forecast.failures]) {
      assert.equal(said?.code, 'NoStreams')
      assert.match(said.message, /nothing that goal\.vtt could be made of/)
    }
  })

  it('refuses to cut exactly what cannot be encoded anew, and names the kinds that can', async () => {
    const exact = { cut: 'FRAME_EXACT' }
    const named = { message: /cut: must not be FRAME_EXACT where HLS is made; ask for .* CMAF, DASH or MP4/ }
    await assert.rejects(create('refused', 'x/a.m3u8', [{ kind: 'HLS' }, { kind: 'MP4' }], exact), named)
    const s3Destination = { bucketName: BUCKET, manifestKey: 'x/a.m3u8', roleArn: ROLE }
    const own = { id: 'refused', originEndpointId: 'news-hls', startTime: iso(0), endTime: iso(8), s3Destination }
    await assert.rejects(api.ask('POST', 'harvest_jobs', { body: { ...own, ...exact } }), named)
    const sound = { message: /cut: must not be FRAME_EXACT without a deliverable of kind CMAF, DASH, MP4/ }
    await assert.rejects(create('refused', 'x/a.m4a', [{ kind: 'AUDIO' }], exact), sound)
  })

  it('says before it begins, and in the end, that nothing decodes or encodes pictures', async () => {
    await windrow.stop()
    await windrow.start({ WINDROW_FFMPEG: '/nowhere/ffmpeg' })
    for (const [id, file, code, wanted] of [
      ['still', 'goal.jpg', 'NoDecoder', { deliverables: [{ kind: 'STILLS' }] }],
      ['exact', 'goal.mp4', 'NoEncoder', { deliverables: [{ kind: 'MP4' }], cut: 'FRAME_EXACT' }],
    ] as const) {
      const s3Destination = { bucketName: BUCKET, manifestKey: `${id}/${file}`, roleArn: ROLE }
      const window = { startTime: iso(0.4), endTime: iso(7.52) }
      const body = { originEndpointId: 'news-hls', ...window, s3Destination, ...wanted }
      const forecast = (await api.ask('POST', 'harvest_jobs:preflight', { body })) as ForecastReport
      assert.deepEqual(
        forecast.failures.map(({ code }) => code),
        [code],
      )
      await api.ask('POST', 'harvest_jobs', { body: { ...body, id } })
      assert.equal(await harvestOutcome(mediaPackage(windrow), id), 'FAILED')
      const { failure } = (await api.ask('GET', `harvest_jobs/${id}`)) as HarvestReport
      assert.equal(failure?.code, code)
      assert.match(failure.message, /ffmpeg.*, and \/nowhere\/ffmpeg is not installed/)
    }
  })

  /** Decibels between a still and the picture that ffmpeg decodes of the source. */
  async function psnr(still: string, seconds: number): Promise<number> {
    const source = Buffer.concat(made.streams[0]!.segments.map(({ bytes }) => bytes))
    const filter = `[1:v]select='gte(t\\,${seconds - 0.001})',setpts=PTS-STARTPTS[b];[0:v][b]psnr=stats_file=-`
    const args = [
      '-v',
      'error',
      '-i',
      still,
      '-i',
      'pipe:0',
      '-filter_complex',
      filter,
      '-frames:v',
      '1',
      '-f',
      'null',
      '-',
    ]
    const said = (await run('ffmpeg', args, [source])).toString()
    const [, value = ''] = /psnr_avg:(\S+)/.exec(said) ?? []
    return value === 'inf' ? 100 : Number(value)
  }
})

const digestOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')
