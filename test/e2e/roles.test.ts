import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  DeleteOriginEndpointCommand,
  DescribeChannelCommand,
  type MediaPackageClient,
  type MediaPackageServiceException,
  RotateIngestEndpointCredentialsCommand,
  UpdateChannelCommand,
} from '@aws-sdk/client-mediapackage'
import type { ApiClient } from '../../src/cli/api-client.ts'
import {
  apiOf,
  createChannel,
  createHlsEndpoint,
  createRedundantChannel,
  mediaPackage,
  presignedUrl,
} from '../judges/aws.ts'
import { DigestClient } from '../judges/digest-client.ts'
import { greyPictures } from '../judges/grey-pictures.ts'
import { encodeLoop } from '../judges/loop.ts'
import { fetchMediaPlaylist, renditionsOf, sha256 } from '../judges/playlists.ts'
import { eventually } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { openS3, type S3 } from '../judges/s3.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'
import { type PostgresServer, startPostgres } from '../servers/postgres.ts'
import { harvestsTo } from '../servers/s3-server.ts'
import { type S3Server, startSwift } from '../servers/swift.ts'
import { askForHarvest, describeHarvest, endsTold, harvestEnd } from './harvest-faults.ts'

const { after, before, describe, it } = needing('ffmpeg', 'postgres', 'swift')

const BUCKET = 'clips'
const JOBS = Array.from({ length: 6 }, (_, n) => `job-${n}`)
const LEASE_MS = 1000
const SEGMENTS_OF_A_JOB = 8

describe('nodes with a part of the roles each', () => {
  let database: PostgresServer
  let swift: S3Server
  let s3: S3
  /** Has the role control alone; later harvest as well. */
  let office: Windrow
  /** Takes in and plays. */
  let media: Windrow
  /** Only harvests. */
  let worker: Windrow
  let client: MediaPackageClient
  let api: ApiClient
  let pusher: Pusher
  let playbackUrl: string

  before(async () => {
    const servers = await Promise.all([startPostgres(), startSwift()])
    database = servers[0]
    swift = servers[1]
    s3 = openS3(swift)
    for (const bucket of ['archive', BUCKET]) await s3.makeBucket(bucket)
    const environment = {
      ...harvestsTo(swift),
      WINDROW_DATABASE_URL: await database.createDatabase(),
      WINDROW_ARCHIVE_BUCKET: 'archive',
      WINDROW_HARVEST_LEASE: `${LEASE_MS}ms`,
      WINDROW_HARVEST_WORKERS: '2',
      // Slow enough to be frozen in the middle.
      WINDROW_HARVEST_CONCURRENCY: '1',
    }
    const nodeWith = (roles: string, more = {}) =>
      Windrow.start({ environment: { ...environment, WINDROW_ROLES: roles, ...more } })
    ;[media, worker] = await Promise.all([nodeWith('ingest,origin'), nodeWith('harvest')])
    office = await nodeWith('control', { WINDROW_PUBLIC_URL: media.url })
    client = mediaPackage(office)
    api = apiOf(office)
    const ingest = await createChannel(client, 'news')
    playbackUrl = await createHlsEndpoint(client, 'news', 'verbatim', { SegmentDurationSeconds: 1 })
    pusher = new Pusher(ingest, await encodeLoop(), Date.now() - 60_000)
    await pusher.pushParent()
  })
  after(async () => {
    pusher?.close()
    await worker?.kill()
    await Promise.all([office?.stop(), media?.stop()])
    await Promise.all([database?.stop(), swift?.stop()])
  })

  const dateOf = (segment: number) => new Date(pusher.dateOf(segment)).toISOString()
  const windowOf = (first: number, end: number) => ({ startTime: dateOf(first), endTime: dateOf(end) })

  const segmentsListed = async () => {
    const response = await fetch(playbackUrl)
    const parent = await response.text()
    assert.equal(response.status, 200, parent)
    return (await fetchMediaPlaylist(renditionsOf(parent, playbackUrl)[0]!.url)).segments.length
  }

  it('take in and play at one what was made at another, which knows all about it', async () => {
    while (pusher.published < SEGMENTS_OF_A_JOB) await pusher.pushNext()
    assert.ok((await segmentsListed()) >= 3)
    type Inputs = { readonly inputs: readonly { readonly state: string }[] }
    const { inputs } = (await api.ask('GET', 'channels/news/inputs')) as Inputs
    assert.deepEqual(
      inputs.map(({ state }) => state),
      ['LIVE', 'NOTHING_YET'],
    )
    const s3Destination = {
      bucketName: BUCKET,
      manifestKey: 'a/index.m3u8',
      roleArn: 'arn:aws:iam::000000000000:role/a',
    }
    const job = { id: 'asked', originEndpointId: 'verbatim', ...windowOf(0, SEGMENTS_OF_A_JOB), s3Destination }
    const { failures } = (await api.ask('POST', 'harvest_jobs:preflight', { body: job })) as { failures?: unknown[] }
    assert.deepEqual(failures ?? [], [])
  })

  it('forget at one what was deleted or replaced at another', async () => {
    const url = await createHlsEndpoint(client, 'news', 'short-lived')
    assert.equal((await fetch(url)).status, 200)
    await client.send(new DeleteOriginEndpointCommand({ Id: 'short-lived' }))
    await eventually('a 404', async () => ((await fetch(url)).status === 404 ? true : undefined))

    const [ingest] = await createRedundantChannel(client, 'other')
    const put = async () => {
      const encoder = new DigestClient(ingest.username, ingest.password)
      const { status } = await encoder.send('PUT', `${ingest.url}.m3u8`, { body: Buffer.from('#EXTM3U\n') })
      encoder.close()
      return status
    }
    assert.notEqual(await put(), 401)
    const id = new URL(ingest.url).pathname.split('/').at(-2)!
    await client.send(new RotateIngestEndpointCredentialsCommand({ Id: 'other', IngestEndpointId: id }))
    await eventually('a 401', async () => ((await put()) === 401 ? true : undefined))
  })

  it('play on while the database is gone, answer everything else 503, and go on when it is back', async () => {
    // It waits for what is yet to come.
    await askForHarvest(api, 'long', BUCKET, windowOf(1, pusher.published + 2))
    const listed = await segmentsListed()
    await database.kill()
    const describe = new DescribeChannelCommand({ Id: 'news' })
    await assert.rejects(client.send(describe), (error: MediaPackageServiceException) => {
      assert.deepEqual([error.name, error.$metadata.httpStatusCode], ['ServiceUnavailableException', 503])
      return true
    })
    const nobody = '0'.repeat(32)
    const stranger = new DigestClient('someone', 'secret')
    const body = Buffer.from('#EXTM3U')
    for (const { status } of [
      await fetch(`${media.url}/out/v1/${nobody}/index.m3u8`),
      await stranger.send('PUT', `${media.url}/in/v2/${nobody}/${nobody}/channel.m3u8`, { body }),
      await pusher.put('channel-big-late.ts', pusher.renditions[0]!.segment(0)),
    ]) {
      assert.equal(status, 503)
    }
    stranger.close()
    assert.equal(await segmentsListed(), listed)
    await database.start()
    assert.equal((await client.send(describe)).Id, 'news')
    for (let i = 0; i < 3; i++) await pusher.pushNext()
    await eventually('the newest segments', async () => (await segmentsListed()) > listed || undefined)
    assert.equal((await harvestEnd(api, 'long')).state, 'SUCCEEDED')
    const update = new UpdateChannelCommand({ Id: 'news', Description: 'after the crash' })
    assert.equal((await client.send(update)).Description, 'after the crash')
  })

  it('show what was sent, and give what was harvested, from where it lies', async () => {
    const urlOf = (path: string) => presignedUrl(office, `${office.url}/windrow/v1/${path}`)
    const picture = await fetch(await urlOf('channels/news/key_frame'))
    const movie = Buffer.from(await picture.arrayBuffer())
    assert.equal(picture.status, 200, movie.toString())
    assert.equal((await greyPictures('pipe:0', { width: 16, height: 9 }, [movie])).length, 1)

    type Objects = {
      readonly objects: readonly { readonly key: string; readonly size: number; readonly sha256: string }[]
    }
    const { objects } = (await api.ask('GET', 'harvest_jobs/long/objects')) as Objects
    const { key, size, sha256: digest } = objects.find((each) => each.key.endsWith('.ts'))!
    for (const query of ['', '?through=1']) {
      const answer = await fetch(await urlOf(`harvest_jobs/long/files/${key}${query}`))
      const bytes = Buffer.from(await answer.arrayBuffer())
      assert.deepEqual([answer.status, answer.redirected, bytes.length], [200, query === '', size])
      assert.equal(sha256(bytes), digest)
      assert.equal(answer.headers.get('content-type'), 'video/mp2t')
    }
    const url = await urlOf(`harvest_jobs/long/files/${key}?through=1`)
    const part = await fetch(url, { headers: { range: 'bytes=188-375' } })
    assert.deepEqual([part.status, part.headers.get('content-range')], [206, `bytes 188-375/${size}`])
    assert.equal(Buffer.from(await part.arrayBuffer()).length, 188)

    const names = (await api.ask('GET', 'buckets')) as { readonly buckets: readonly { readonly name: string }[] }
    assert.deepEqual(names.buckets.map(({ name }) => name).toSorted(), ['archive', BUCKET])
    const level = (await api.ask('GET', `buckets/${BUCKET}/objects`)) as { readonly folders: unknown }
    assert.deepEqual(level.folders, [{ prefix: 'long/' }])
  })

  it('share harvest jobs; one that was frozen past its leases changes nothing', async () => {
    const programme = windowOf(0, SEGMENTS_OF_A_JOB)
    await askForHarvest(api, 'undisturbed', BUCKET, programme)
    await harvestEnd(api, 'undisturbed')
    const undisturbed = await assetIn('undisturbed')
    assert.equal(undisturbed.size, 2 * SEGMENTS_OF_A_JOB + 3)
    for (const tag of undisturbed.values()) assert.match(tag, /^"[0-9a-f]{32}"$/)
    for (const id of JOBS) await askForHarvest(api, id, BUCKET, programme)

    // The worker alone harvests, so whatever is RUNNING is its own.
    const held = await freezeWithJobs()
    await office.stop()
    await office.start({ WINDROW_ROLES: 'control,harvest' })
    await eventually('its jobs to be taken over', async () => {
      const now = await states()
      return held.some((id) => now.find((job) => job.id === id)!.attempts > 1) || undefined
    })
    process.kill(worker.pid, 'SIGCONT')
    for (const id of JOBS) assert.equal((await harvestEnd(api, id)).state, 'SUCCEEDED')
    assert.equal(await worker.stop(), 0)

    for (const id of JOBS) assert.deepEqual(await assetIn(id), undisturbed, id)
    const all = [...JOBS, 'undisturbed', 'long'].toSorted()
    assert.deepEqual((await endsTold(api)).toSorted(), all)
    assert.deepEqual([...succeededAt(office), ...succeededAt(worker)].toSorted(), all)
    assert.match(worker.log, /harvest job taken over by another worker/)
  })

  /** Freezes the worker when it has jobs, and gives those: what it had sent before may still end one. */
  async function freezeWithJobs(): Promise<readonly string[]> {
    const running = async () => (await states()).filter(({ state }) => state === 'RUNNING').map(({ id }) => id)
    for (;;) {
      await eventually('the worker to have a job', async () => (await running()).length > 0 || undefined)
      process.kill(worker.pid, 'SIGSTOP')
      await sleep(LEASE_MS)
      const held = await running()
      if (held.length > 0) return held
      process.kill(worker.pid, 'SIGCONT')
    }
  }

  const states = () => Promise.all(JOBS.map((id) => describeHarvest(api, id)))

  /** Jobs of which a process says in its log that it has ended them. */
  function succeededAt({ log }: Windrow): string[] {
    const lines = log.split('\n').filter((line) => line.includes('harvest job SUCCEEDED'))
    return lines.map((line) => (JSON.parse(line) as { readonly harvestJob: string }).harvestJob)
  }

  /** What the store says of the bytes, by name. */
  async function assetIn(id: string): Promise<ReadonlyMap<string, string>> {
    const tags = await s3.tags(BUCKET, `${id}/`)
    return new Map([...tags].map(([key, tag]) => [key.slice(id.length + 1), tag]))
  }
})
