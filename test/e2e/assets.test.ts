/** Assets of every kind, as anybody has them: files behind a web server that knows nothing about media. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { ApiClient } from '../../src/cli/api-client.ts'
import type { HarvestReport } from '../../src/control/harvest-operations.ts'
import type { ScheduleReport } from '../../src/control/schedule-operations.ts'
import { fixture } from '../fixtures/catalogue.ts'
import type { Fixture } from '../fixtures/fixture.ts'
import { apiOf, createChannel, harvestOutcome, mediaPackage, presignedUrl, signedHeaders } from '../judges/aws.ts'
import { greyPictures } from '../judges/grey-pictures.ts'
import { type Nginx, startNginx } from '../judges/nginx.ts'
import { Player } from '../judges/player.ts'
import { eventually } from '../judges/processes.ts'
import { startSigningProxy } from '../judges/signing-proxy.ts'
import { Windrow } from '../judges/windrow.ts'
import { type Expected, expectedOf } from '../matrix/expected.ts'
import { judge } from '../matrix/judgement.ts'
import { OUTPUTS, type Output } from '../matrix/outputs.ts'
import { pushFixture } from '../matrix/push-fixture.ts'
import { needing } from '../programs.ts'
import { someOf } from '../whole.ts'
import { VIEWINGS } from './live-players.ts'

const { after, before, describe, it } = needing('ffmpeg', 'nginx', 'chromium')

const BUCKET = 'clips'
const HOUR_MS = 3_600_000
const RATE = 8
const TINY = { width: 32, height: 18 }
const ROLE = 'arn:aws:iam::000000000000:role/harvest'

/** Of the parent manifest, in a folder of the bucket by the name of the output. */
function manifestOf({ name }: Pick<Output, 'name'>): string {
  if (name === 'mss') return 'index.ism/Manifest'
  return name.startsWith('dash') ? 'index.mpd' : 'index.m3u8'
}

describe('an asset in a bucket', { concurrency: 3 }, () => {
  let windrow: Windrow
  let nginx: Nginx
  let player: Player
  let made: Fixture
  let expected: Expected
  let api: ApiClient
  let begin: number
  before(async () => {
    made = await fixture('two-languages-separate')
    windrow = await Windrow.start({ environment: { WINDROW_MAX_HARVEST_JOBS: `${OUTPUTS.length}` } })
    api = apiOf(windrow)
    const client = mediaPackage(windrow)
    const ingest = await createChannel(client, 'tv')
    for (const output of OUTPUTS) await output.create(client, 'tv')
    begin = Date.now() - HOUR_MS
    await pushFixture(ingest, made, begin)
    const iso = (time: number) => new Date(time).toISOString()
    for (const output of OUTPUTS) {
      const s3Destination = { bucketName: BUCKET, manifestKey: `${output.name}/${manifestOf(output)}`, roleArn: ROLE }
      const window = { startTime: iso(begin), endTime: iso(begin + HOUR_MS / 2) }
      const job = { id: output.name, originEndpointId: `tv-${output.name}`, ...window, s3Destination, report: true }
      await api.ask('POST', 'harvest_jobs', { body: job })
    }
    for (const { name } of OUTPUTS) assert.equal(await harvestOutcome(client, name), 'SUCCEEDED', windrow.log)
    expected = await expectedOf(made)
    nginx = await startNginx(`root ${windrow.bucketFolder(BUCKET)}; add_header Access-Control-Allow-Origin *;`)
    player = await Player.start()
  })
  after(async () => {
    await player?.stop()
    await nginx?.stop()
    await windrow?.stop()
  })

  for (const output of OUTPUTS) {
    it(`is all that went in, as ${output.name}`, async () => {
      const url = `${nginx.url}/${output.name}/${manifestOf(output)}`
      await judge({ fixture: made, output, url, viewed: await output.view(url), expected })
    })

    it(`is what its report says, as ${output.name}`, async () => {
      const root = windrow.bucketFolder(BUCKET)
      const parent = join(root, output.name, manifestOf(output))
      const report = join(parent, '../harvest.json')
      const { objects } = JSON.parse(readFileSync(report, 'utf8')) as Report
      for (const { key, size, sha256 } of objects) {
        const bytes = Buffer.from(await (await fetch(`${nginx.url}/${key}`)).arrayBuffer())
        assert.equal(bytes.length, size, key)
        assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256, key)
      }
      const named = [...objects.map(({ key }) => key), relative(root, parent), relative(root, report)]
      assert.deepEqual(filesBelow(root, output.name), named.toSorted())
      const job = (await api.ask('GET', `harvest_jobs/${output.name}`)) as HarvestReport
      assert.equal(job.progress?.objects, named.length)
    })
  }

  it('is made of each window of a schedule, which end where the next begin and leave nothing out', async () => {
    // The first begins before all media, and the second ends after it.
    const startTime = new Date(begin + 4000 - 60_000).toISOString()
    const endTime = new Date(begin + 60_000).toISOString()
    const manifestKey = '{schedule}/{start:yyyy-MM-dd}/{start:HHmmss}_{id}/index.m3u8'
    const s3Destination = { bucketName: BUCKET, manifestKey, roleArn: ROLE }
    const body = { originEndpointId: 'tv-hls', every: { minutes: 1 }, startTime, endTime, s3Destination }
    await api.ask('POST', 'harvest_schedules', { body: { id: 'minutes', ...body } })
    const runs = await eventually('both windows to be assets', async () => {
      const { lastRuns = [] } = (await api.ask('GET', 'harvest_schedules/minutes')) as ScheduleReport
      return lastRuns.length === 2 && lastRuns.every(({ state }) => state !== 'QUEUED' && state !== 'RUNNING')
        ? lastRuns
        : undefined
    })
    assert.deepEqual(
      runs.map(({ state }) => state),
      ['SUCCEEDED', 'SUCCEEDED'],
    )
    const folders = runs.map(({ startTime: time, jobId }) => {
      const [day = '', clock = ''] = time.split('T')
      return `minutes/${day}/${clock.slice(0, 8).replaceAll(':', '')}_${jobId}`
    })
    const root = windrow.bucketFolder(BUCKET)
    const segmentsIn = (folder: string) =>
      filesBelow(root, folder)
        .filter((name) => name.endsWith('.ts'))
        .map((name) =>
          createHash('sha256')
            .update(readFileSync(join(root, name)))
            .digest('hex'),
        )
    assert.deepEqual(folders.flatMap(segmentsIn).toSorted(), segmentsIn('hls').toSorted())
    for (const folder of folders) assert.ok(segmentsIn(folder).length > 0, folder)
  })

  const filePath = (output: string, key: string) => `/windrow/v1/harvest_jobs/${output}/files/${key}`
  const fileUrl = (output: string, key: string) => windrow.url + filePath(output, key)

  for (const output of someOf(OUTPUTS, OUTPUTS.length)) {
    it(`is all that went in, by the API, as ${output.name}`, async (t) => {
      const proxy = await startSigningProxy(windrow)
      t.after(() => proxy.close())
      const url = proxy.url + filePath(output.name, `${output.name}/${manifestOf(output)}`)
      await judge({ fixture: made, output, url, viewed: await output.view(url), expected })
    })
  }

  it('is given by the API as it is in the bucket, to whoever has signed or been given a URL', async () => {
    const report = readFileSync(join(windrow.bucketFolder(BUCKET), 'cmaf/harvest.json'), 'utf8')
    const { objects } = JSON.parse(report) as Report
    for (const { key, size, sha256 } of objects.slice(0, 5)) {
      const bytes = Buffer.from(await (await fetch(await presignedUrl(windrow, fileUrl('cmaf', key)))).arrayBuffer())
      assert.equal(bytes.length, size, key)
      assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256, key)
    }
  })

  it('is of a channel whose pictures a browser shows, at the edge and of any moment', async () => {
    const url = `${windrow.url}/windrow/v1/channels/tv/key_frame`
    const [last, middle] = ['', `?height=200&time=${new Date(begin + 7000).toISOString()}`].map((query) => url + query)
    for (const [asked, from, to] of [
      [last!, 0, HOUR_MS],
      [middle!, 4000, 7000],
    ] as const) {
      const picture = await presignedUrl(windrow, asked)
      const answer = await fetch(picture)
      assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'video/mp4'])
      const time = Date.parse(answer.headers.get('x-windrow-time') ?? '') - begin
      assert.ok(time >= from && time <= to, `${time} ms`)
      const [grey] = await greyPictures('pipe:0', TINY, [Buffer.from(await answer.arrayBuffer())])
      const { values } = await player.firstPicture(picture, TINY)
      const off = values.reduce((sum, value, at) => sum + Math.abs(value - grey![at]!), 0) / values.length
      assert.ok(off < 12, `${off} of 255`)
    }
  })

  // Every other one signs what it asks for, and plays by the API.
  for (const [i, { engine, output }] of VIEWINGS.entries()) {
    const signed = i % 2 === 1 ? (method: string, url: string) => signedHeaders(windrow, method, url) : undefined
    it(`plays to its end in ${engine}, as ${output}${signed ? ', by the API' : ''}`, async () => {
      const key = `${output}/${manifestOf({ name: output })}`
      const url = signed ? fileUrl(output, key) : `${nginx.url}/${key}`
      const { duration } = await player.playToEnd(engine, url, RATE, { ...(signed && { signed }) })
      const [stream] = made.streams
      const seconds = stream!.segments.reduce((sum, segment) => sum + segment.duration, 0)
      assert.ok(Math.abs(duration - seconds) < 0.5, `${duration} s of ${seconds}`)
    })
  }
})

type Report = { readonly objects: readonly { readonly key: string; readonly size: number; readonly sha256: string }[] }

function filesBelow(root: string, folder: string): string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
  return names.filter((name) => statSync(join(root, name)).isFile()).toSorted()
}
