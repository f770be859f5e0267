import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DescribeHarvestJobCommand, type MediaPackageClient } from '@aws-sdk/client-mediapackage'
import hlsParser from 'hls-parser'
import { createChannel, createHarvestJob, createHlsEndpoint, harvestOutcome, mediaPackage } from '../judges/aws.ts'
import { watchBucket } from '../judges/bucket.ts'
import { encodeLoop, type LoopRendition } from '../judges/loop.ts'
import { fetchBytes, fetchMediaPlaylist, renditionsOf } from '../judges/playlists.ts'
import { eventually } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { type Random, seededRandom } from '../judges/random.ts'
import { Windrow } from '../judges/windrow.ts'

const BUCKET = 'clips'
const HOUR_MS = 3_600_000
/** Source segments in an output segment of each endpoint. */
const ENDPOINTS = { verbatim: 1, joined: 3 } as const
type EndpointId = keyof typeof ENDPOINTS

export type Job = { readonly id: string; readonly endpoint: EndpointId; readonly start: number; readonly end: number }

export type Crashes = {
  readonly seed: number
  readonly kills: number
  readonly log: (line: string) => void
}

export type CrashFigures = {
  readonly kills: number
  readonly killsWhileStarting: number
  readonly segmentsPublished: number
  readonly harvestJobs: number
  readonly harvestsInterrupted: number
}

/**
 * kill -9 at random moments, while an encoder that never gives up pushes and harvests run. Throws unless, in the end,
 * every published segment is served with the bytes that were put, every job has succeeded with exactly its window, and
 * no parent manifest was ever seen before all it points to.
 */
export async function runCrashes({ seed, kills, log }: Crashes): Promise<CrashFigures> {
  const random = seededRandom(seed)
  const loop = await encodeLoop()
  const windrow = await Windrow.start({ environment: { WINDROW_MAX_HARVEST_JOBS: '1000' } })
  const client = mediaPackage(windrow)
  const ingest = await createChannel(client, 'news')
  const viewers = new Map<EndpointId, Viewer>()
  for (const id of ['verbatim', 'joined'] as const) {
    const settings = { SegmentDurationSeconds: ENDPOINTS[id], PlaylistWindowSeconds: 300 }
    viewers.set(id, new Viewer(await createHlsEndpoint(client, 'news', id, settings), ENDPOINTS[id], loop))
  }
  const pusher = new Pusher(ingest, loop, Date.now() - 3 * HOUR_MS)
  await pusher.pushParent()
  const watch = await watchBucket({ folder: windrow.bucketFolder(BUCKET) })

  let stopping = false
  const pushing = (async () => {
    while (!stopping) {
      await pusher.pushNext()
      await sleep(10)
    }
  })()
  // Whatever goes wrong with it is thrown where it is awaited.
  pushing.catch(() => {})

  const jobs: Job[] = []
  let killsWhileStarting = 0
  let harvestsInterrupted = 0
  try {
    // Both endpoints have something to show, and there is enough to harvest, however slow the machine is.
    await eventually('a dozen segments', () => pusher.published > 10 || undefined)
    for (let kill = 1; kill <= kills; kill++) {
      await sleep(random.integer(50, 400))
      const harvests = random.next() < 0.7
      if (harvests || jobs.length === 0) {
        jobs.push(await harvestSomething(client, random, pusher, jobs.length))
        await sleep(random.integer(0, 60))
      }
      await windrow.kill()
      if (random.next() < 0.2) {
        const starting = windrow.start().catch(() => {})
        await sleep(random.integer(20, 500))
        await windrow.kill()
        await starting
        killsWhileStarting++
      }
      await windrow.start()
      const last = jobs.at(-1)
      if (last && (await statusOf(client, last)) === 'IN_PROGRESS') harvestsInterrupted++
      const promised = pusher.published
      for (const viewer of viewers.values()) await viewer.look(pusher, promised)
      if (kill % 10 === 0) log(`${kill} kills, ${promised} segments published, ${jobs.length} harvest jobs`)
    }
    stopping = true
    await pushing
    await pusher.end()
    for (const viewer of viewers.values()) await viewer.lookAtAll(pusher)
    for (const job of jobs) {
      assert.equal(await harvestOutcome(client, job.id), 'SUCCEEDED', `job ${job.id}`)
      judgeClip(join(windrow.bucketFolder(BUCKET), job.id), job, pusher, loop)
    }
    assert.deepEqual(await watch.report(), { parents: jobs.length, faults: [] })
    assert.equal(await windrow.stop(), 0)
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}\nThe log ends with\n${windrow.log.slice(-4000)}`, {
      cause: error,
    })
  } finally {
    stopping = true
    await watch.report().catch(() => {})
    await windrow.kill()
    pusher.close()
  }
  const figures = { kills, killsWhileStarting, segmentsPublished: pusher.published }
  return { ...figures, harvestJobs: jobs.length, harvestsInterrupted }
}

async function harvestSomething(
  client: MediaPackageClient,
  random: Random,
  pusher: Pusher,
  count: number,
): Promise<Job> {
  const id = `clip-${count}`
  const endpoint = random.pick(['verbatim', 'joined'] as const)
  const length = random.integer(5, Math.min(120, pusher.published - 4))
  const first = random.integer(0, pusher.published - 4 - length)
  // Half a second inside the first and the last segment.
  const start = pusher.dateOf(first) + 500
  const end = pusher.dateOf(first + length) - 500
  const times = { startTime: new Date(start).toISOString(), endTime: new Date(end).toISOString() }
  await createHarvestJob(client, id, endpoint, times, BUCKET, `${id}/index.m3u8`)
  return { id, endpoint, start, end }
}

async function statusOf(client: MediaPackageClient, { id }: Job): Promise<string | undefined> {
  return (await client.send(new DescribeHarvestJobCommand({ Id: id }))).Status
}

/** Looks at a live endpoint after every crash, and remembers. */
class Viewer {
  private readonly parent: string
  private readonly sources: number
  private readonly loop: readonly LoopRendition[]
  /** By rendition: output number to URL and the source segment it begins with. */
  private readonly seen: Map<number, { url: string; first: number; bytes: Buffer }>[]

  constructor(parent: string, sources: number, loop: readonly LoopRendition[]) {
    this.parent = parent
    this.sources = sources
    this.loop = loop
    this.seen = loop.map(() => new Map())
  }

  /** Everything that was published before has to be there. */
  async look(pusher: Pusher, promised: number): Promise<void> {
    const renditions = renditionsOf((await fetchBytes(this.parent)).toString(), this.parent)
    assert.equal(renditions.length, this.loop.length)
    for (const [index, { url }] of renditions.entries()) {
      const seen = this.seen[index]!
      const playlist = await fetchMediaPlaylist(url)
      for (const segment of playlist.segments) {
        const number = segment.mediaSequenceNumber
        const what = `number ${number} of ${url}`
        assert.ok(!segment.gap && !segment.discontinuity, `${what} is a gap or a discontinuity`)
        const first = Math.round((segment.programDateTime!.getTime() - pusher.dateOf(0)) / 1000)
        const known = seen.get(number)
        if (known) {
          assert.equal(known.first, first, `${what} named another segment before`)
          continue
        }
        const before = [...seen.values()].at(-1)
        assert.equal(first, before ? before.first + this.sources : 0, `${what} does not follow the one before`)
        const count = Math.round(segment.duration)
        const bytes = expected(this.loop[index]!, first, count)
        const segmentUrl = `${new URL(segment.uri, url)}`
        assert.ok((await fetchBytes(segmentUrl)).equals(bytes), `${what} has other bytes than were put`)
        seen.set(number, { url: segmentUrl, first, bytes })
      }
      const end = [...seen.values()].at(-1)
      const complete = promised - (promised % this.sources)
      const reached = end ? end.first + this.sources : 0
      assert.ok(reached >= complete, `${url} reaches ${reached} of ${complete} source segments it was promised`)
    }
  }

  /** After the end of the stream: what was ever listed is still served as it was. */
  async lookAtAll(pusher: Pusher): Promise<void> {
    await this.look(pusher, pusher.published)
    for (const { url, bytes } of this.seen.flatMap((seen) => [...seen.values()])) {
      assert.ok((await fetchBytes(url)).equals(bytes), `${url} has other bytes than before`)
    }
  }
}

function expected(rendition: LoopRendition, first: number, count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, index) => rendition.segment(first + index)))
}

/** A clip holds the output segments that overlap its window, with the bytes that were put. */
export function judgeClip(
  folder: string,
  job: Job,
  pusher: Pick<Pusher, 'dateOf'>,
  loop: readonly LoopRendition[],
): void {
  const sources = ENDPOINTS[job.endpoint]
  const indexOf = (date: number) => Math.floor((date - pusher.dateOf(0)) / 1000 / sources) * sources
  const first = indexOf(job.start)
  const last = indexOf(job.end)
  const parent = renditionsOf(readFileSync(join(folder, 'index.m3u8'), 'utf8'), 'file:///')
  assert.equal(parent.length, loop.length, `${job.id} has ${parent.length} renditions`)
  for (const [index, { url }] of parent.entries()) {
    const playlist = hlsParser.parse(readFileSync(join(folder, new URL(url).pathname), 'utf8'))
    if (playlist.isMasterPlaylist) throw new Error(`${url} is no media playlist`)
    const dates = playlist.segments.map(({ programDateTime }) => indexOf(programDateTime!.getTime()))
    const wanted = Array.from({ length: (last - first) / sources + 1 }, (_, n) => first + n * sources)
    assert.deepEqual(dates, wanted, `${job.id} of ${job.endpoint}: source segments its output segments begin with`)
    for (const { uri, programDateTime, duration } of playlist.segments) {
      const begins = indexOf(programDateTime!.getTime())
      const bytes = expected(loop[index]!, begins, Math.round(duration))
      assert.ok(readFileSync(join(folder, uri)).equals(bytes), `${job.id}: ${uri} has other bytes than were put`)
    }
  }
}
