/** Clips of a live stream, as people make and play them. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { CreateOriginEndpointCommand, DeleteOriginEndpointCommand } from '@aws-sdk/client-mediapackage'
import type { ApiClient } from '../../src/cli/api-client.ts'
import { fixture } from '../fixtures/catalogue.ts'
import { apiOf, createChannel, createHlsEndpoint, harvestOutcome, mediaPackage } from '../judges/aws.ts'
import { run } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import { OUTPUTS } from '../matrix/outputs.ts'
import { pushFixture } from '../matrix/push-fixture.ts'
import { needing } from '../programs.ts'

const { after, before, describe, it } = needing('ffmpeg')

const HOUR_MS = 3_600_000
const ROLE = 'arn:aws:iam::000000000000:role/harvest'

type Clip = {
  readonly id: string
  readonly pinnedBytes: number
  readonly urls: Readonly<Record<'hls' | 'cmaf' | 'dash' | 'mss' | 'mp4', string>>
}

describe('clips', () => {
  let windrow: Windrow
  let api: ApiClient
  let begin: number
  const iso = (seconds: number) => new Date(begin + seconds * 1000).toISOString()
  before(async () => {
    windrow = await Windrow.start({ environment: { WINDROW_MAX_CLIPS: '3' } })
    api = apiOf(windrow)
    const client = mediaPackage(windrow)
    const ingest = await createChannel(client, 'news')
    await createHlsEndpoint(client, 'news', 'news-hls', { SegmentDurationSeconds: 2 })
    const dash = { Id: 'news-dash', ChannelId: 'news', StartoverWindowSeconds: 86_400 }
    await client.send(new CreateOriginEndpointCommand({ ...dash, DashPackage: { SegmentDurationSeconds: 2 } }))
    begin = Date.now() - HOUR_MS
    await pushFixture(ingest, await fixture('two-languages-separate'), begin)
  })
  after(() => windrow?.stop())

  const create = (from: number, to: number, more: object = { channelId: 'news' }) =>
    api.ask('POST', 'clips', { body: { startTime: iso(from), endTime: iso(to), ...more } }) as Promise<Clip>
  const status = async (url: string) => (await fetch(url)).status
  const frames = async (url: string) => {
    const args = ['-v', 'error', '-select_streams', 'v:0', '-count_frames', '-show_entries', 'stream=nb_read_frames']
    return Number.parseInt((await run('ffprobe', [...args, '-of', 'csv=p=0', url])).toString(), 10)
  }

  it('play at once in every format, each of the endpoint that has it', async () => {
    const { id, urls } = await create(2, 8, { channelId: 'news', id: 'goal' })
    assert.equal(id, 'goal')
    const endpointOf = (url: string) => /\/out\/v1\/(\w{32})\//.exec(url)?.[1]
    assert.deepEqual([endpointOf(urls.cmaf), endpointOf(urls.mss)], [endpointOf(urls.hls), endpointOf(urls.hls)])
    assert.notEqual(endpointOf(urls.dash), endpointOf(urls.hls))
    for (const format of ['hls', 'cmaf', 'dash', 'mp4'] as const) assert.equal(await frames(urls[format]), 150, format)
    const { streams } = await OUTPUTS.find(({ name }) => name === 'mss')!.view(urls.mss)
    assert.equal(streams.length, 3)
  })

  it('are cut to the frame where that is asked for', async () => {
    const { id, urls } = await create(2.52, 7.52, { originEndpointId: 'news-hls', cut: 'FRAME' })
    // From the key frame before its first picture on, to the millisecond in which its last one ends.
    assert.match(await (await fetch(urls.dash)).text(), /type="static".*mediaPresentationDuration="PT5\.521S"/s)
    const playlist = await (await fetch(urls.hls)).text()
    assert.match(playlist, /#EXT-X-START:TIME-OFFSET=0\.52\d*,PRECISE=YES/)
    await api.ask('DELETE', `clips/${id}`)
    assert.equal(await status(urls.hls), 404)
    await assert.rejects(api.ask('GET', `clips/${id}`), /There is no clip with the id/)
  })

  it('get other in and out points under the same URLs, and become an asset beside them', async () => {
    const changed = (await api.ask('PUT', 'clips/goal', { body: { endTime: iso(6) } })) as Clip
    assert.deepEqual(await api.ask('GET', 'clips/goal'), changed)
    assert.equal(await frames(changed.urls.hls), 100)
    const s3Destination = { bucketName: 'clips', manifestKey: 'goal/{id}.m3u8', roleArn: ROLE }
    const deliverables = [{ kind: 'HLS' }, { kind: 'MP4' }]
    const body = { jobId: 'goal-asset', s3Destination, deliverables }
    await api.ask('POST', 'clips/goal/materialise', { body })
    assert.equal(await harvestOutcome(mediaPackage(windrow), 'goal-asset'), 'SUCCEEDED', windrow.log)
    const files = readdirSync(`${windrow.bucketFolder('clips')}/goal`)
    assert.ok(files.includes('goal-asset.m3u8') && files.includes('goal-asset.mp4'), files.join())
    assert.equal(await frames(changed.urls.hls), 100)
    const movie = await (await fetch(changed.urls.mp4)).bytes()
    assert.deepEqual(readFileSync(`${windrow.bucketFolder('clips')}/goal/goal-asset.mp4`).compare(movie), 0)
  })

  it('are as many as their quota, which usage shows', async () => {
    for (const id of ['second', 'third']) await create(0, 4, { originEndpointId: 'news-dash', id })
    await assert.rejects(create(0, 4), /at most 3 clips \(max-clips\)/)
    const usage = (await api.ask('GET', 'usage')) as Record<string, { used: number; quota?: number }>
    assert.deepEqual(usage['clips'], { used: 3, quota: 3 })
    assert.ok(usage['pinnedBytes']!.used > 0 && usage['pinnedBytes']!.used < usage['archiveBytes']!.used * 3)
    const { clips, nextToken } = (await api.ask('GET', 'clips', { query: { maxResults: '2' } })) as {
      clips: readonly Clip[]
      nextToken?: string
    }
    assert.deepEqual(
      clips.map(({ id }) => id),
      ['goal', 'second'],
    )
    assert.ok(nextToken)
  })

  it('end with their endpoint', async () => {
    const { urls } = (await api.ask('GET', 'clips/goal')) as Clip
    await mediaPackage(windrow).send(new DeleteOriginEndpointCommand({ Id: 'news-dash' }))
    await assert.rejects(api.ask('GET', 'clips/second'), /There is no clip/)
    const left = (await api.ask('GET', 'clips/goal')) as Clip
    assert.deepEqual(Object.keys(left.urls), ['hls', 'cmaf', 'mss', 'mp4'])
    assert.deepEqual([await status(urls.dash), await status(urls.hls)], [404, 200])
  })
})
