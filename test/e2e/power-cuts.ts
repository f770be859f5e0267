/** The power fails while Windrow is at work: what it promised by then has to be there when it comes back. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DescribeChannelCommand, DescribeOriginEndpointCommand } from '@aws-sdk/client-mediapackage'
import { harvestOutcome, mediaPackage } from '../judges/aws.ts'
import { fetchBytes } from '../judges/playlists.ts'
import { eventually, temporaryFolder } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { seededRandom } from '../judges/random.ts'
import { replay } from '../judges/traced-disk.ts'
import { Windrow } from '../judges/windrow.ts'
import { judgeClip } from './crashes.ts'
import { CHANNELS, DATA, digest, type Evening, KEPT_MS, type Look, lookAt, recordEvening } from './strace-session.ts'

export type PowerCuts = {
  readonly seed: number
  /** Of the evening that is cut short again and again. */
  readonly seconds: number
  readonly cuts: number
  readonly log: (line: string) => void
}

export type PowerCutFigures = {
  readonly cuts: number
  /** Changes of files and folders, and syncs of them: before each of them the power may fail. */
  readonly moments: number
  readonly switches: number
  readonly segmentsPut: number
  /** How many there were to be found again, over all cuts. */
  readonly segmentsFound: number
  readonly urlsFetched: number
  readonly harvestJobs: number
  readonly cutsIntoHarvests: number
  readonly removals: number
}

/**
 * One evening under strace; then the disk as it may be after a power cut at so many moments, and a Windrow that starts
 * on it. Throws unless it starts by itself and keeps every promise that was made before the moment: segments that were
 * answered 201, what playlists listed, channels, harvest jobs.
 */
export async function cutPower({ seed, seconds, cuts, log }: PowerCuts): Promise<PowerCutFigures> {
  const random = seededRandom(seed)
  const evening = await recordEvening(seed, seconds)
  let moments = 0
  let removals = 0
  for (const { call } of replay(evening.trace, evening.folder)) {
    moments++
    if (call.name === 'unlink' && call.at > evening.made) removals++
  }
  log(`${moments} moments, ${evening.puts.length} segments, ${evening.looks.length} looks at playlists`)
  const chosen = new Set<number>()
  while (chosen.size < Math.min(cuts, moments)) chosen.add(random.integer(0, moments - 1))

  let segmentsFound = 0
  let urlsFetched = 0
  let cutsIntoHarvests = 0
  let moment = 0
  let done = 0
  for (const { disk, call } of replay(evening.trace, evening.folder)) {
    if (!chosen.has(moment++)) continue
    const loss = random.pick(['everything', 'anything'] as const)
    const folder = temporaryFolder('cut')
    disk.cut(folder, loss, random)
    const cut = new Cut(evening, call.at, join(folder, DATA))
    try {
      await cut.judge()
    } catch (error) {
      const where = `seed ${seed}, cut after moment ${moment} of ${moments} (${call.name}), ${loss} lost`
      throw new Error(`${where}: ${(error as Error).message}\nThe log ends with\n${cut.log.slice(-2000)}`, {
        cause: error,
      })
    }
    rmSync(folder, { recursive: true, force: true })
    segmentsFound += cut.segmentsFound
    urlsFetched += cut.urlsFetched
    if (cut.isIntoHarvest) cutsIntoHarvests++
    if (++done % 10 === 0) log(`${done} cuts`)
  }
  const { switches, puts, jobs } = evening
  const found = { segmentsFound, urlsFetched, harvestJobs: jobs.length, cutsIntoHarvests, removals }
  return { cuts: done, moments, switches, segmentsPut: puts.length, ...found }
}

/** What is left after the power failed at a moment, and what had been promised by then. */
class Cut {
  private readonly evening: Evening
  private readonly at: number
  private readonly folder: string
  private readonly dates: Pick<Pusher, 'dateOf'>
  private windrow: Windrow | undefined
  segmentsFound = 0
  urlsFetched = 0

  constructor(evening: Evening, at: number, folder: string) {
    this.evening = evening
    this.at = at
    this.folder = folder
    this.dates = { dateOf: (number) => evening.firstDate + 1000 * number }
  }

  get log(): string {
    return this.windrow?.log ?? ''
  }

  get isIntoHarvest(): boolean {
    return this.evening.jobs.some(({ createdAt, succeededAt }) => createdAt <= this.at && succeededAt > this.at)
  }

  async judge(): Promise<void> {
    const finished = this.evening.jobs.filter(({ succeededAt }) => succeededAt <= this.at)
    for (const job of finished) this.judgeClip(job)
    // Nothing more is forgotten: what is missing went with the power.
    const environment = {
      WINDROW_LIVE_RETENTION: '1d',
      WINDROW_RETENTION_GRACE: '1d',
      WINDROW_MAX_HARVEST_JOBS: '1000',
    }
    const windrow = await Windrow.start({ dataFolder: this.folder, environment })
    this.windrow = windrow
    try {
      if (this.evening.made <= this.at) {
        await this.judgeResources(windrow)
        await this.judgeLooks(windrow)
        await this.judgeJobs(windrow)
        await this.goOn(windrow)
        await this.judgeLooks(windrow)
        this.judgeSegments()
      }
      assert.equal(await windrow.stop(), 0)
    } finally {
      await windrow.kill()
    }
  }

  private get isDeletionAsked(): boolean {
    return this.evening.deletion.sent <= this.at
  }

  private async judgeResources(windrow: Windrow): Promise<void> {
    const client = mediaPackage(windrow)
    for (const Id of [CHANNELS.harvested, CHANNELS.brief]) await client.send(new DescribeChannelCommand({ Id }))
    for (const Id of ['verbatim', 'joined', 'cmaf', `${CHANNELS.brief}-brief`])
      await client.send(new DescribeOriginEndpointCommand({ Id }))
    const deleted = client.send(new DescribeChannelCommand({ Id: CHANNELS.deleted }))
    if (!this.isDeletionAsked) await deleted
    else if (this.evening.deletion.at <= this.at) await assert.rejects(deleted, { name: 'NotFoundException' })
    else await deleted.catch(() => {})
  }

  /** What each playlist said last is still said, and everything it listed is what it was. */
  private async judgeLooks(windrow: Windrow): Promise<void> {
    const { looks, bytes } = this.evening
    const last = new Map<string, Look>()
    const named = new Map<string, string>()
    const promised = new Set<string>()
    for (const look of looks) {
      if (look.at > this.at || (this.isDeletionAsked && this.isOfDeleted(look))) continue
      last.set(look.path, look)
      for (const { number, path } of look.segments) {
        named.set(`${look.path} ${number}`, path)
        promised.add(path)
      }
    }
    for (const look of last.values()) {
      const now = await lookAt(`${windrow.url}${look.path}`)
      const what = look.path
      assert.ok(now.sequence >= look.sequence, `${what}: media sequence went from ${look.sequence} to ${now.sequence}`)
      const [end, wasEnd] = [now.segments.at(-1)?.number ?? -1, look.segments.at(-1)?.number ?? -1]
      assert.ok(end >= wasEnd, `${what} ended with number ${wasEnd}, now with ${end}`)
      for (const { number, path } of now.segments) {
        const before = named.get(`${look.path} ${number}`)
        if (before !== undefined) assert.equal(path, before, `${what}: number ${number} has another name`)
      }
      // What came later is there too, and is not what came later on the evening.
      const paths = new Set([...look.segments, ...now.segments].map(({ path }) => path))
      for (const path of paths) {
        const state = `${look.path} ${promised.has(path) ? 'listed' : 'lists'} ${path}`
        const held = digest(
          await fetchBytes(`${windrow.url}${path}`).catch(() => assert.fail(`${state}, which is not there`)),
        )
        this.urlsFetched++
        if (promised.has(path)) assert.equal(held, bytes.get(path), `${path} has other bytes`)
      }
    }
  }

  private isOfDeleted({ path }: Look): boolean {
    return path.startsWith(this.evening.deleted)
  }

  private async judgeJobs(windrow: Windrow): Promise<void> {
    const client = mediaPackage(windrow)
    for (const job of this.evening.jobs) {
      if (job.createdAt > this.at) continue
      assert.equal(await harvestOutcome(client, job.id), 'SUCCEEDED', job.id)
      this.judgeClip(job)
    }
  }

  private judgeClip(job: Evening['jobs'][number]): void {
    judgeClip(join(this.folder, 'buckets', 'clips', job.id), job, this.dates, this.evening.loop)
  }

  /** The encoders are back: both inputs go on, and viewers with them. */
  private async goOn(windrow: Windrow): Promise<void> {
    const { inputs, loop, firstDate, looks, inTurn } = this.evening
    const seen = looks.find(({ path }) => path.startsWith(inTurn))
    if (!seen) return
    const url = `${windrow.url}${seen.path}`
    const endOf = async () => (await lookAt(url)).segments.at(-1)?.number ?? -1
    const before = await endOf().catch(() => -1)
    const number = Math.ceil((Date.now() - firstDate) / 1000)
    await Promise.all(
      inputs.map(async (input) => {
        const ingest = { ...input, url: `${windrow.url}${new URL(input.url).pathname}` }
        const pusher = new Pusher(ingest, loop, firstDate, 1)
        await pusher.pushParent()
        pusher.published = number
        for (let count = 0; count < 2; count++) await pusher.pushNext()
        pusher.close()
      }),
    )
    await eventually('new segments to be listed', async () => (await endOf()) > before || undefined)
  }

  /** Every segment that was answered 201 lies among the objects, as often as it was put. */
  private judgeSegments(): void {
    const found = new Map<string, number>()
    for (const file of filesBelow(join(this.folder, 'objects'))) {
      const name = digest(readFileSync(file))
      found.set(name, (found.get(name) ?? 0) + 1)
    }
    const missing: string[] = []
    for (const { channel, sha256, sent, at } of this.evening.puts) {
      if (at > this.at) continue
      if (channel === CHANNELS.deleted && this.isDeletionAsked) continue
      if (channel === CHANNELS.brief && sent < this.at - KEPT_MS) continue
      const left = found.get(sha256) ?? 0
      if (left === 0) missing.push(`${channel}, ${this.at - at} ms before`)
      found.set(sha256, left - 1)
      this.segmentsFound++
    }
    assert.deepEqual(missing, [], 'segments answered 201 that are missing')
  }
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.map((name) => join(folder, name)).filter((path) => statSync(path).isFile())
}
