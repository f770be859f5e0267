import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateOriginEndpointCommand } from '@aws-sdk/client-mediapackage'
import type { ApiClient } from '../../src/cli/api-client.ts'
import type { ForecastReport, HarvestReport } from '../../src/control/harvest-operations.ts'
import { apiOf, createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { encodeLoop, type LoopRendition } from '../judges/loop.ts'
import { MachineWatch } from '../judges/machine.ts'
import { eventually } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'

const { after, before, describe, it } = needing('ffmpeg')

const BUCKET = 'clips'
const SECRET = 'a secret the webhook knows'

describe('harvest jobs of a live stream', () => {
  let windrow: Windrow
  let api: ApiClient
  let pusher: Pusher
  let loop: readonly LoopRendition[]
  let stopped = false
  let machine: MachineWatch
  /** From which segment on the encoder waits, and for what. */
  let hold = { at: Infinity, end: Promise.resolve() }
  let pushing: Promise<void> = Promise.resolve()
  const hooks: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = []
  /** Of the webhook's answers: the first ones are refusals. */
  let refusals = 2
  const webhook = createServer((request, response) => {
    void text(request).then((body) => {
      if (refusals-- > 0) return response.writeHead(500).end()
      hooks.push({ headers: request.headers, body })
      return response.end()
    })
  })

  before(async () => {
    machine = await MachineWatch.start()
    webhook.listen(0, '127.0.0.1')
    await once(webhook, 'listening')
    const url = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/hook`
    windrow = await Windrow.start({ environment: { WINDROW_WEBHOOK_URL: url, WINDROW_WEBHOOK_SECRET: SECRET } })
    api = apiOf(windrow)
    const client = mediaPackage(windrow)
    const ingest = await createChannel(client, 'news')
    await createHlsEndpoint(client, 'news', 'live', { SegmentDurationSeconds: 1 })
    const window = { ChannelId: 'news', StartoverWindowSeconds: 86_400 }
    const HlsManifests = [{ Id: 'main' }]
    const CmafPackage = { SegmentDurationSeconds: 1, HlsManifests }
    await client.send(new CreateOriginEndpointCommand({ ...window, Id: 'cmaf', CmafPackage }))
    const DashPackage = { SegmentDurationSeconds: 1 }
    await client.send(new CreateOriginEndpointCommand({ ...window, Id: 'dash', DashPackage }))
    loop = await encodeLoop()
    pusher = new Pusher(ingest, loop, Math.floor(Date.now() / 1000) * 1000)
    await pusher.pushParent()
    // A segment of a second each second, when it is over, as an encoder does.
    pushing = (async () => {
      while (!stopped) {
        await sleep(Math.max(0, pusher.dateOf(pusher.published + 1) - Date.now()))
        if (pusher.published >= hold.at) await hold.end
        await pusher.pushNext()
      }
    })()
    pushing.catch(() => {})
    await eventually('three segments', () => pusher.published >= 3 || undefined)
  })
  after(async () => {
    stopped = true
    await pushing
    pusher.close()
    await windrow.stop()
    webhook.closeAllConnections()
    webhook.close()
    await machine.stop()
  })

  const request = (id: string, first: number, last: number, more: object = {}) => ({
    id,
    originEndpointId: 'live',
    startTime: new Date(pusher.dateOf(first)).toISOString(),
    endTime: new Date(pusher.dateOf(last)).toISOString(),
    s3Destination: {
      bucketName: BUCKET,
      manifestKey: `${id}/index.m3u8`,
      roleArn: 'arn:aws:iam::000000000000:role/harvest',
    },
    ...more,
  })
  const create = async (body: object) => (await api.ask('POST', 'harvest_jobs', { body })) as HarvestReport
  const describeJob = async (id: string) => (await api.ask('GET', `harvest_jobs/${id}`)) as HarvestReport
  const ended = (id: string) =>
    eventually(`the end of ${id}`, async () => {
      const job = await describeJob(id)
      return job.status === 'IN_PROGRESS' ? undefined : job
    })
  const fileOf = (key: string) => join(windrow.bucketFolder(BUCKET), key)
  const segmentsIn = (id: string) => readdirSync(fileOf(id)).filter((name) => name.endsWith('.ts'))

  it('follow it, and are complete seconds after their end', async () => {
    const last = pusher.published + 6
    // Its last segment does not come before the job was seen at work.
    const seen = Promise.withResolvers<void>()
    hold = { at: last - 1, end: seen.promise }
    await create(request('follow', 1, last))
    await eventually('segments before the end', async () => {
      const { state, progress } = await describeJob('follow')
      return (state === 'RUNNING' && (progress?.segments.written ?? 0) >= 8) || undefined
    })
    assert.ok(pusher.published < last, 'that was before its end')
    assert.ok(!existsSync(fileOf('follow/index.m3u8')))
    seen.resolve()
    await eventually('the encoder to come to its end', () => pusher.published >= last || undefined)
    const from = performance.now()
    const job = await ended('follow')
    const to = performance.now()
    assert.equal(job.state, 'SUCCEEDED')
    const [took, late] = [to - from, await machine.lateness(from, to)]
    assert.ok(took < 4000 + late, `${took} ms after its end, the machine was late by ${late} ms`)
    assert.equal(job.firstProgramDateTime, new Date(pusher.dateOf(1)).toISOString())
    assert.equal(job.lastProgramDateTime, new Date(pusher.dateOf(last)).toISOString())
    assert.equal(segmentsIn('follow').length, 2 * (last - 1))
    const parts = readFileSync(fileOf('follow/index_1.m3u8'), 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('.ts'))
    for (const [n, name] of parts.entries()) {
      assert.ok(
        readFileSync(fileOf(`follow/${name}`)).equals(loop[0]!.segment(n + 1)),
        `${name} has other bytes than were put`,
      )
    }
  })

  it('make the same of it as jobs that come afterwards, in every format', async () => {
    const last = pusher.published + 5
    const jobs = [
      ['live', 'index.m3u8'],
      ['cmaf', 'index.m3u8'],
      ['dash', 'index.mpd'],
    ] as const
    const harvest = (id: string, endpoint: string, name: string) => {
      const body = request(id, 1, last)
      const s3Destination = { ...body.s3Destination, manifestKey: `${id}/${name}` }
      return create({ ...body, originEndpointId: endpoint, s3Destination })
    }
    await Promise.all(jobs.map(([endpoint, name]) => harvest(`${endpoint}-while`, endpoint, name)))
    for (const [endpoint, name] of jobs) {
      const during = await ended(`${endpoint}-while`)
      assert.equal(during.state, 'SUCCEEDED', during.failure?.message)
      await harvest(`${endpoint}-after`, endpoint, name)
      assert.equal((await ended(`${endpoint}-after`)).state, 'SUCCEEDED')
      const names = readdirSync(fileOf(`${endpoint}-after`))
      assert.deepEqual(readdirSync(fileOf(`${endpoint}-while`)), names)
      for (const file of names) {
        const [a, b] = ['while', 'after'].map((when) => readFileSync(fileOf(`${endpoint}-${when}/${file}`)))
        assert.ok(a!.equals(b!), `${file} of ${endpoint} differs`)
      }
    }
  })

  it('may be made before they begin', async () => {
    const first = pusher.published + 6
    const made = await create(request('later', first, first + 2, { report: true }))
    assert.equal(made.nextAttemptAt, new Date(pusher.dateOf(first)).toISOString())
    const job = await ended('later')
    assert.deepEqual([job.state, job.gapCount], ['SUCCEEDED', 0])
    assert.equal(segmentsIn('later').length, 4)
    const report = JSON.parse(readFileSync(fileOf('later/harvest.json'), 'utf8')) as { readonly objects: object[] }
    assert.equal(report.objects.length, 6)
  })

  it('can be asked about beforehand, and cancelled afterwards, and cleaned up', async () => {
    const body = request('unwanted', 1, pusher.published + 600)
    const forecast = (await api.ask('POST', 'harvest_jobs:preflight', { body })) as ForecastReport
    assert.deepEqual([forecast.wouldSucceed, forecast.waitsForLiveEdge], [true, true])
    assert.ok(!existsSync(fileOf('unwanted')))
    await create(body)
    await eventually(
      'something written',
      () => (existsSync(fileOf('unwanted')) && segmentsIn('unwanted').length > 3) || undefined,
    )
    await api.ask('POST', 'harvest_jobs/unwanted/cancel', { body: {} })
    const job = await ended('unwanted')
    assert.equal(job.state, 'CANCELLED')
    const left = segmentsIn('unwanted').length
    assert.equal(job.progress?.objects, left, 'it says what it leaves')
    assert.ok(!existsSync(fileOf('unwanted/index.m3u8')))
    await sleep(1500)
    assert.equal(segmentsIn('unwanted').length, left, 'nothing is written any more')
    await api.ask('DELETE', 'harvest_jobs/unwanted/objects')
    assert.deepEqual(readdirSync(fileOf('unwanted')), [])
  })

  it('fail with the nearest window that works', async () => {
    const body = request('early', -60, -50)
    const job = await create(body).then(() => ended('early'))
    assert.equal(job.failure?.code, 'BeforeContent')
    const { startTime, endTime } = job.failure?.nearestWindow ?? {}
    await create({ ...request('early-again', 0, 1), startTime, endTime })
    assert.equal((await ended('early-again')).state, 'SUCCEEDED')
  })

  it('are told a webhook in their order, signed, each at least once, also when it refuses at first', async () => {
    const told = await eventually('eleven events', () => (hooks.length >= 11 ? hooks.slice(0, 11) : undefined))
    const jobs = told.map(({ body }) => JSON.parse(body) as { detail: { harvest_job: { id: string; status: string } } })
    assert.deepEqual(
      jobs
        .map(({ detail }) => `${detail.harvest_job.id} ${detail.harvest_job.status}`)
        .filter((line) => !/-(while|after) /.test(line)),
      ['follow SUCCEEDED', 'later SUCCEEDED', 'unwanted FAILED', 'early FAILED', 'early-again SUCCEEDED'],
    )
    for (const { headers, body } of told) {
      const signed = `${String(headers['x-windrow-timestamp'])}.${body}`
      const expected = createHmac('sha256', SECRET).update(signed).digest('hex')
      assert.equal(headers['x-windrow-signature'], `sha256=${expected}`)
    }
    await api.ask('POST', 'event_sinks/webhook/replay', { body: {} })
    await eventually('all of them again', () => hooks.length >= 22 || undefined)
    assert.deepEqual(
      hooks.slice(11, 22).map(({ body }) => body),
      hooks.slice(0, 11).map(({ body }) => body),
    )
  })
})
