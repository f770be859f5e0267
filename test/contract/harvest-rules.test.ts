import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { utcMs } from '../../src/media/time.ts'
import { type Asker, NOW, ROLE, type Row, startAsker } from './rules-asker.ts'

const DESTINATION = { bucketName: 'clips', manifestKey: 'goals/1.m3u8', roleArn: ROLE }

/** Bodies of CreateHarvestJob, over a sound one: eleven minutes ago, one minute long. */
const HARVEST_JOBS: readonly Row[] = [
  [{ id: 'a b' }, 'id'],
  [{ originEndpointId: 'none' }, 'originEndpointId: there is no origin endpoint with the id "none"'],
  [
    { originEndpointId: 'dash' },
    's3Destination.manifestKey: must be a path that ends in the file name of a DASH manifest',
  ],
  [{ originEndpointId: 'cmaf' }, 'originEndpointId: cmaf has no HLS manifest'],
  [
    { originEndpointId: 'mss' },
    's3Destination.manifestKey: must be a path that ends in the name of a Smooth Streaming',
  ],
  [{ originEndpointId: 'no-window' }, 'originEndpointId: no-window has no startover window'],
  [{ startTime: 'yesterday' }, 'startTime: must be a date and time with an offset'],
  [{ startTime: '2026-03-04T11:49:00' }, 'startTime'],
  [{ startTime: '2026-02-30T11:49:00Z' }, 'startTime'],
  [{ startTime: '2026-03-04T11:49.5Z' }, 'startTime'],
  [{ startTime: '' }, 'startTime'],
  [{ startTime: '-5' }, 'startTime'],
  [{ startTime: 1772624940 }, 'startTime: must be a string, got a number'],
  [{ startTime: '1772624940000' }, 'startTime: must be in seconds; 1772624940000 looks like milliseconds'],
  [{ endTime: '1772625000000' }, 'endTime: must be in seconds'],
  [{ endTime: 'now' }, 'endTime'],
  [{ endTime: '2026-03-04T11:49:00Z' }, 'endTime: must be after startTime'],
  [{ endTime: '2026-03-04T11:48:59Z' }, 'endTime: must be after startTime'],
  [{ endTime: '2026-03-04T12:00:01Z' }, 'endTime: must not be in the future'],
  [{ startTime: '2026-03-03T11:49:59Z' }, 'endTime: must be at most 24 hours after startTime'],
  [{ startTime: '2026-03-04T10:49:00Z' }, 'endTime: must be at most 3600 s (the startover window) after startTime'],
  [{ s3Destination: {} }, 's3Destination.bucketName: is required'],
  [{ bucketName: 'ab' }, 's3Destination.bucketName: must be 3 to 63'],
  [{ bucketName: 'Clips' }, 's3Destination.bucketName'],
  [{ bucketName: 'a_b' }, 's3Destination.bucketName'],
  [{ bucketName: '-clips' }, 's3Destination.bucketName'],
  [{ bucketName: 'x'.repeat(64) }, 's3Destination.bucketName'],
  [{ bucketName: 'a..b' }, 's3Destination.bucketName: must not have "."'],
  [{ bucketName: 'a.-b' }, 's3Destination.bucketName: must not have "."'],
  [{ bucketName: '192.168.0.1' }, 's3Destination.bucketName: must not look like an IP address'],
  [{ bucketName: 'xn--clips' }, 's3Destination.bucketName: must not have a prefix or suffix'],
  [{ bucketName: 'clips-s3alias' }, 's3Destination.bucketName: must not have a prefix or suffix'],
  [{ manifestKey: '' }, 's3Destination.manifestKey'],
  [{ manifestKey: '/a.m3u8' }, 's3Destination.manifestKey: must not begin or end with "/"'],
  [{ manifestKey: 'a//b.m3u8' }, 's3Destination.manifestKey: must not begin or end with "/"'],
  [{ manifestKey: 'a/../b.m3u8' }, 's3Destination.manifestKey: must not begin or end with "/"'],
  [{ manifestKey: './b.m3u8' }, 's3Destination.manifestKey: must not begin or end with "/"'],
  [{ manifestKey: 'a/' }, 's3Destination.manifestKey: must not begin or end with "/"'],
  [{ manifestKey: 'a/b' }, 's3Destination.manifestKey: must be a path that ends in the file name'],
  [{ manifestKey: 'a/.m3u8' }, 's3Destination.manifestKey: must be a path that ends in the file name'],
  [{ manifestKey: 'a/b.mpd' }, 's3Destination.manifestKey: must be a path that ends in the file name'],
  [{ manifestKey: 'a\u0000/b.m3u8' }, 's3Destination.manifestKey: must not contain control characters'],
  [{ manifestKey: 'a\n.m3u8' }, 's3Destination.manifestKey: must not contain control characters'],
  [
    { manifestKey: `${'é'.repeat(510)}.m3u8` },
    's3Destination.manifestKey: must be at most 1024 bytes of UTF-8, got 1025',
  ],
  [
    { manifestKey: 'goals/index_1.m3u8' },
    's3Destination.manifestKey: must not have the name of one of its own child manifests, got "index_1.m3u8"',
  ],
  [
    { manifestKey: 'goals/index_4_0.m3u8' },
    's3Destination.manifestKey: must not have the name of one of its own child manifests',
  ],
  [{ roleArn: 'harvest' }, 's3Destination.roleArn: must be the ARN of an IAM role'],
]

describe('what breaks a rule of harvest jobs is refused with its path', () => {
  let asker: Asker

  before(async () => {
    asker = await startAsker()
    await asker.made('/channels', { id: 'main' })
    const packages = { dash: 'dashPackage', cmaf: 'cmafPackage', mss: 'mssPackage', hls: 'hlsPackage' }
    for (const [id, type] of Object.entries(packages)) {
      await asker.made('/origin_endpoints', { id, channelId: 'main', startoverWindowSeconds: 3600, [type]: {} })
    }
    await asker.made('/origin_endpoints', { id: 'no-window', channelId: 'main', hlsPackage: {} })
  })
  after(() => asker.control.close())

  for (const [change, rule] of HARVEST_JOBS) {
    it(`${rule} (${JSON.stringify(change).slice(0, 60)})`, () => {
      const inDestination = Object.keys(change).some((name) => name in DESTINATION)
      const sound = {
        id: 'goal',
        originEndpointId: 'hls',
        startTime: '2026-03-04T11:49:00Z',
        endTime: '2026-03-04T11:50:00Z',
        s3Destination: inDestination ? { ...DESTINATION, ...change } : DESTINATION,
      }
      return asker.refused('POST', '/harvest_jobs', inDestination ? sound : { ...sound, ...change }, rule)
    })
  }

  it('and has changed nothing', async () => {
    assert.deepEqual((await asker.ask('GET', '/harvest_jobs')).json, { harvestJobs: [] })
    assert.deepEqual(asker.control.created, [])
  })
})

describe('what lies just within the rules of harvest jobs is taken', () => {
  let asker: Asker

  before(async () => {
    asker = await startAsker()
    await asker.made('/channels', { id: 'main' })
    const endpoint = { id: 'hls', channelId: 'main', startoverWindowSeconds: 86400, hlsPackage: {} }
    await asker.made('/origin_endpoints', endpoint)
  })
  after(() => asker.control.close())

  for (const [n, [startTime, endTime]] of [
    ['2026-03-03T12:00:00Z', '2026-03-04T12:00:00Z'],
    ['2026-03-04T12:58:59.5+01:00', '2026-03-04T11:59:00.25Z'],
    ['2026-03-04T04:58:00-0700', '2026-03-04T11:59Z'],
    ['1772625000', '1772625599.75'],
    ['2020-01-01T00:00:00Z', '2020-01-01T01:00:00Z'],
  ].entries()) {
    it(`from ${startTime} to ${endTime}`, async () => {
      const s3Destination = { bucketName: 'a.b-c', manifestKey: 'Tore/übersicht 1/main_2.m3u8', roleArn: ROLE }
      await asker.made('/harvest_jobs', { id: `job-${n}`, originEndpointId: 'hls', startTime, endTime, s3Destination })
    })
  }

  it('also a second past, where the clock of the source is ahead and its archive goes so far', async (t) => {
    const edge = utcMs(NOW + 30_000)
    const ahead = await startAsker({ extent: async () => ({ start: utcMs(NOW), end: edge }) })
    t.after(() => ahead.control.close())
    await ahead.made('/channels', { id: 'main' })
    await ahead.made('/origin_endpoints', { id: 'hls', channelId: 'main', startoverWindowSeconds: 600, hlsPackage: {} })
    const job = (id: string, end: number) => ({
      id,
      originEndpointId: 'hls',
      startTime: '2026-03-04T11:59:00Z',
      endTime: new Date(end).toISOString(),
      s3Destination: DESTINATION,
    })
    await ahead.made('/harvest_jobs', job('within', edge))
    await ahead.refused('POST', '/harvest_jobs', job('beyond', edge + 1), 'endTime: must not be in the future')
  })
})

describe('a harvest job', () => {
  it('is forgotten after 90 days, and its id is free again', async (t) => {
    let now = NOW
    const asker = await startAsker({ now: () => now })
    t.after(() => asker.control.close())
    await asker.made('/channels', { id: 'main' })
    await asker.made('/origin_endpoints', { id: 'hls', channelId: 'main', startoverWindowSeconds: 600, hlsPackage: {} })
    const job = () => ({
      id: 'goal',
      originEndpointId: 'hls',
      startTime: String(now / 1000 - 60),
      endTime: String(now / 1000),
      s3Destination: DESTINATION,
    })
    await asker.made('/harvest_jobs', job())
    await asker.control.finish('goal')
    now += 90 * 86_400_000 - 1000
    await asker.refused('POST', '/harvest_jobs', job(), 'id: a harvest job with the id "goal" already exists')
    assert.equal((await asker.ask('GET', '/harvest_jobs/goal')).status, 200)
    now += 1000
    assert.equal((await asker.ask('GET', '/harvest_jobs/goal')).status, 404)
    assert.deepEqual((await asker.ask('GET', '/harvest_jobs')).json, { harvestJobs: [] })
    await asker.made('/harvest_jobs', job())
  })
})
