/** Ranges of two channels, out of order and one of them twice, as one asset. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DescribeHarvestJobCommand } from '@aws-sdk/client-mediapackage'
import type { ApiClient } from '../../src/cli/api-client.ts'
import type { ForecastReport, HarvestReport } from '../../src/control/harvest-operations.ts'
import { fixture } from '../fixtures/catalogue.ts'
import type { Fixture } from '../fixtures/fixture.ts'
import { apiOf, createChannel, createHlsEndpoint, harvestOutcome, mediaPackage } from '../judges/aws.ts'
import { type Nginx, startNginx } from '../judges/nginx.ts'
import { run } from '../judges/processes.ts'
import { samplesOf } from '../judges/samples.ts'
import { Windrow } from '../judges/windrow.ts'
import { expectedOf } from '../matrix/expected.ts'
import { judge } from '../matrix/judgement.ts'
import { OUTPUTS } from '../matrix/outputs.ts'
import { pushFixture } from '../matrix/push-fixture.ts'
import { needing } from '../programs.ts'

const { after, before, describe, it } = needing('ffmpeg', 'nginx')

const BUCKET = 'clips'
const HOUR_MS = 3_600_000
const ROLE = 'arn:aws:iam::000000000000:role/harvest'

describe('an asset of several ranges', () => {
  let windrow: Windrow
  let api: ApiClient
  let nginx: Nginx
  let news: Fixture
  let sports: Fixture
  let wide: Fixture
  let begin: number
  const iso = (seconds: number) => new Date(begin + Math.round(seconds * 1000)).toISOString()
  const range = (from: number, to: number, originEndpointId?: string) => {
    return { startTime: iso(from), endTime: iso(to), ...(originEndpointId && { originEndpointId }) }
  }
  const inBucket = (...names: readonly string[]) => join(windrow.bucketFolder(BUCKET), ...names)
  before(async () => {
    ;[news, sports, wide] = await Promise.all([
      fixture('h264-aac'),
      fixture('ntsc-rate'),
      fixture('sample-aspect-ratio'),
    ])
    windrow = await Windrow.start()
    api = apiOf(windrow)
    const client = mediaPackage(windrow)
    begin = Date.now() - HOUR_MS
    for (const [channel, made] of [
      ['news', news],
      ['sports', sports],
      ['wide', wide],
      ['surround', await fixture('ac3-surround')],
    ] as const) {
      await pushFixture(await createChannel(client, channel), made, begin)
      await createHlsEndpoint(client, channel, channel, { SegmentDurationSeconds: 2 })
    }
    await createHlsEndpoint(client, 'news', 'longer', { SegmentDurationSeconds: 4 })
    await OUTPUTS.find(({ name }) => name === 'cmaf')!.create(client, 'news')
    nginx = await startNginx(`root ${windrow.bucketFolder(BUCKET)};`)
  })
  after(async () => {
    await nginx?.stop()
    await windrow?.stop()
  })

  const ask = (id: string, path: string, manifestKey: string, more: object) => {
    const s3Destination = { bucketName: BUCKET, manifestKey, roleArn: ROLE }
    return api.ask('POST', path, { body: { ...(id && { id }), s3Destination, ...more } })
  }
  const harvest = async (id: string, manifestKey: string, more: object) => {
    await ask(id, 'harvest_jobs', manifestKey, more)
    assert.equal(await harvestOutcome(mediaPackage(windrow), id), 'SUCCEEDED', windrow.log)
    return (await api.ask('GET', `harvest_jobs/${id}`)) as HarvestReport
  }

  /** Of the second, fourth and second segment; not at the edges, which two segments would touch. */
  const THREE = () => [range(2.1, 3.9, 'sports'), range(6.1, 7.9, 'news'), range(2.1, 3.9, 'sports')]
  const KINDS = ['HLS', 'CMAF', 'DASH', 'MP4', 'AUDIO'].map((kind) => ({ kind }))
  /** What the asset of THREE has, as one stream with discontinuities. */
  const joined = (): Fixture => {
    const segments = [sports.streams[0]!.segments[1]!, news.streams[0]!.segments[3]!, sports.streams[0]!.segments[1]!]
    return { ...sports, streams: [{ ...sports.streams[0]!, segments }], eras: [0, 1, 2] }
  }

  it('has what each range has, in every format, and says so range by range', async () => {
    const job = await harvest('three', 'three/goal.m3u8', { ranges: THREE(), deliverables: KINDS, report: true })
    const made = joined()
    const expected = await expectedOf(made)
    for (const [name, file] of [
      ['hls', 'goal.m3u8'],
      ['cmaf', 'goal-cmaf.m3u8'],
      ['dash-number', 'goal.mpd'],
    ] as const) {
      const output = OUTPUTS.find((each) => each.name === name)!
      const url = `${nginx.url}/three/${file}`
      await judge({ fixture: made, output, url, viewed: await output.view(url), expected })
    }
    const pictures = expected.plain.find(({ kind }) => kind === 'video')!.runs.flatMap(({ samples }) => samples).length
    const counted = [
      '-count_packets',
      '-select_streams',
      'v:0',
      '-show_entries',
      'stream=nb_read_packets',
      '-of',
      'csv=p=0',
    ]
    const found = await run('ffprobe', ['-v', 'error', ...counted, `${nginx.url}/three/goal.m3u8`])
    assert.equal(Number(/\d+/.exec(found.toString())), pictures)
    const playlist = readFileSync(inBucket('three/index_1.m3u8'), 'utf8')
    assert.equal(playlist.match(/#EXT-X-DISCONTINUITY\n/g)?.length, 2)
    const read = await samplesOf({ input: inBucket('three/goal.mp4'), wrapping: 'mp4', decode: true })
    for (const { kind, runs } of expected.plain) {
      const track = read.find((each) => each.kind === kind)!
      const wanted = runs.flatMap(({ samples }) => samples)
      assert.deepEqual(
        track.samples.map(({ hash }) => hash),
        wanted.map(({ hash }) => hash),
        kind,
      )
    }
    assert.deepEqual(
      job.ranges?.map(({ originEndpointId, firstProgramDateTime, lastProgramDateTime, segments }) => [
        originEndpointId,
        Math.round((Date.parse(firstProgramDateTime!) - begin) / 1000),
        Math.round((Date.parse(lastProgramDateTime!) - begin) / 1000),
        segments,
      ]),
      [
        ['sports', 2, 4, { planned: 3, written: 3 }],
        ['news', 6, 8, { planned: 3, written: 3 }],
        ['sports', 2, 4, { planned: 3, written: 3 }],
      ],
    )
    const report = JSON.parse(readFileSync(inBucket('three/harvest.json'), 'utf8'))
    assert.equal(report.ranges.length, 3)
    assert.equal(report.gapCount, 0)
    type Source = { readonly key: string; readonly segments: readonly { readonly sha256: string }[] }
    const sources: readonly Source[] = report.sources
    const hash = ({ bytes }: { readonly bytes: Uint8Array }) => createHash('sha256').update(bytes).digest('hex')
    for (const [name, form] of Object.entries({ HLS: /\.ts$/, pictures: /_video_.*\.mp4$/ })) {
      const found = sources.filter(({ key }) => form.test(key)).flatMap(({ segments }) => segments)
      assert.deepEqual(
        found.map(({ sha256 }) => sha256),
        made.streams[0]!.segments.map(hash),
        `${name} are made of what was sent`,
      )
    }
  })

  it('is to clients of MediaPackage a job for its first range', async () => {
    const { OriginEndpointId, ChannelId, StartTime, EndTime } = await mediaPackage(windrow).send(
      new DescribeHarvestJobCommand({ Id: 'three' }),
    )
    assert.deepEqual([OriginEndpointId, ChannelId, StartTime, EndTime], ['sports', 'sports', iso(2.1), iso(3.9)])
  })

  it('shows of each range the pictures asked for, and no others', async () => {
    const rates = { news: 25, sports: 30_000 / 1001, wide: 25 }
    // Each begins with a picture that others refer to, or with one that does not, as the two rates have it.
    const spans = [
      ['news', 163, 180],
      ['news', 30, 126],
      ['sports', 41, 70],
      ['wide', 31, 60],
      ['news', 163, 180],
      ['sports', 90, 121],
    ] as const
    const ranges = spans.map(([channel, first, end]) => range(first / rates[channel], end / rates[channel], channel))
    await harvest('frames', 'frames/goal.mp4', { ranges, deliverables: [{ kind: 'MP4' }], cut: 'FRAME' })
    const source = (made: Fixture) =>
      picturesOf('pipe:0', [Buffer.concat(made.streams[0]!.segments.map(({ bytes }) => bytes))])
    const pictures = { news: await source(news), sports: await source(sports), wide: await source(wide) }
    const shown = await picturesOf(inBucket('frames/goal.mp4'))
    const wanted = spans.flatMap(([channel, first, end]) => pictures[channel].slice(first, end))
    assert.deepEqual(
      shown.map(({ hash }) => hash),
      wanted.map(({ hash }) => hash),
    )
    let at = shown[0]!.time
    for (const [n, channel] of spans.flatMap(([channel, first, end]) => Array(end - first).fill(channel)).entries()) {
      assert.ok(Math.abs(shown[n]!.time - at) < 0.002, `picture ${n} at ${shown[n]!.time} s instead of ${at} s`)
      at += 1 / rates[channel as keyof typeof rates]
    }
  })

  it('has names of its own, which no other asset of the endpoint has, nor one of other ranges under its key', async () => {
    const two = [range(6.1, 7.9, 'news'), range(2.1, 3.9)]
    await harvest('first', 'folder/index.m3u8', { ranges: two })
    const names = () => readdirSync(inBucket('folder')).filter((name) => name.endsWith('.ts'))
    const first = names()
    assert.equal(first.length, 2)
    await harvest('one', 'folder/one.m3u8', { originEndpointId: 'news', ...range(0, 8) })
    assert.equal(names().length, 2 + 4)
    await harvest('second', 'folder/index.m3u8', { ranges: two.toReversed().map((each) => ({ ...two[0], ...each })) })
    assert.equal(names().length, 2 + 4 + 2)
    await harvest('third', 'folder/index.m3u8', { ranges: two })
    assert.equal(names().length, 2 + 4 + 2)
    for (const name of first) {
      const number = /_(\d+)\.ts$/.exec(name)![1] === '1' ? 3 : 1
      assert.deepEqual(readFileSync(inBucket('folder', name)), news.streams[0]!.segments[number]!.bytes)
    }
  })

  it('says before it begins what it would have', async () => {
    const answer = await ask('', 'harvest_jobs:preflight', 'three/x.m3u8', {
      ranges: THREE(),
      originEndpointId: 'news',
    })
    const { wouldSucceed, ranges, segments } = answer as ForecastReport
    assert.ok(wouldSucceed)
    assert.deepEqual(
      ranges?.map((each) => each.segments),
      [1, 1, 1],
    )
    assert.equal(segments, 3)
    const two = { ranges: [range(2.1, 3.9, 'news'), range(2.1, 3.9, 'longer')] }
    const lengths = ((await ask('', 'harvest_jobs:preflight', 'longer/y.m3u8', two)) as ForecastReport).ranges?.map(
      ({ firstProgramDateTime, lastProgramDateTime }) =>
        Math.round((Date.parse(lastProgramDateTime!) - Date.parse(firstProgramDateTime!)) / 1000),
    )
    assert.deepEqual(lengths, [2, 4], 'segments are as long as each endpoint has them')
  })

  const refused: readonly [string, () => object, RegExp][] = [
    ['an empty list', () => ({ ranges: [] }), /^ranges: must not be empty/],
    ['too many', () => ({ ranges: Array(101).fill(range(2, 4, 'news')) }), /^ranges: must be at most 100, got 101/],
    ['times beside them', () => ({ ranges: THREE(), startTime: iso(0) }), /^startTime: must be in one of the ranges/],
    [
      'an end before its start',
      () => ({ ranges: [range(2, 4, 'news'), range(6, 5)] }),
      /^ranges\[1\]\.endTime: must be after/,
    ],
    [
      'an end in the future',
      () => ({
        ranges: [range(2, 4, 'news'), { startTime: iso(5), endTime: new Date(Date.now() + HOUR_MS).toISOString() }],
      }),
      /^ranges\[1\]\.endTime: must not be in the future/,
    ],
    [
      'a time that is none',
      () => ({ ranges: [range(2, 4, 'news'), { startTime: 'soon', endTime: iso(9) }] }),
      /^ranges\[1\]\.startTime: must be a date/,
    ],
    [
      'no endpoint',
      () => ({ ranges: [range(2, 4), range(6, 8, 'news')] }),
      /^ranges\[0\]\.originEndpointId: is required/,
    ],
    [
      'an unknown endpoint',
      () => ({ ranges: [range(2, 4, 'news'), range(6, 8, 'nowhere')] }),
      /^ranges\[1\]\.originEndpointId: there is no origin endpoint with the id "nowhere"/,
    ],
    [
      'another container',
      () => ({ ranges: [range(2, 4, 'news'), range(6, 8, 'news-cmaf')] }),
      /^ranges\[1\]\.originEndpointId: must be packaged as ranges\[0\] is, whose news has segments of TS, but news-cmaf has CMAF/,
    ],
    [
      'other tracks',
      () => ({ ranges: [range(2, 4, 'news'), range(6, 8, 'surround')] }),
      /^ranges\[1\]: must have the tracks of ranges\[0\]\. Its index_1 has audio \(ac-3.*\) as track 2, and in the first range audio \(mp4a.*\) as track 2/,
    ],
    [
      'more than a day',
      () => ({ ranges: [0, 1, 2].map((n) => range(n - 36_000, n, 'news')) }),
      /^ranges: must be at most 24 hours together, got 108000 s/,
    ],
    [
      'Smooth Streaming',
      () => ({ ranges: THREE(), deliverables: [{ kind: 'HLS' }, { kind: 'MSS' }] }),
      /^ranges: must be one where Smooth Streaming is made/,
    ],
  ]
  for (const [what, asked, message] of refused) {
    it(`refuses ${what}, and says where`, async () => {
      await assert.rejects(ask('refused', 'harvest_jobs', 'x/a.m3u8', asked()), { message })
    })
  }
})

/** The pictures that ffmpeg shows of a file, edits applied, all of one size. */
async function picturesOf(input: string, bytes: readonly Buffer[] = []) {
  const shown = [
    '-map',
    '0:v:0',
    '-vf',
    'scale=320:180:flags=bitexact+accurate_rnd',
    '-fps_mode',
    'passthrough',
    '-enc_time_base',
    '1:90000',
    '-f',
    'framemd5',
    '-',
  ]
  const listing = (
    await run('ffmpeg', ['-v', 'error', '-xerror', '-threads', '1', '-i', input, ...shown], bytes)
  ).toString()
  return listing.split('\n').flatMap((line) => {
    const [, , pts, , , hash] = /^\d/.test(line) ? line.split(/,\s*/) : []
    return hash === undefined ? [] : [{ time: Number(pts) / 90_000, hash }]
  })
}
