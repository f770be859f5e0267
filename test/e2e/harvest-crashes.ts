import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ApiClient, apiClient } from '../../src/cli/api-client.ts'
import type { HarvestReport } from '../../src/control/harvest-report.ts'
import { createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { watchBucket } from '../judges/bucket.ts'
import { encodeLoop } from '../judges/loop.ts'
import { Pusher } from '../judges/pusher.ts'
import { type Random, seededRandom } from '../judges/random.ts'
import { Windrow } from '../judges/windrow.ts'

const BUCKET = 'clips'
const HOUR_MS = 3_600_000
/** A job that is killed more often gets to its end in peace. */
const MOST_KILLS_OF_A_JOB = 12
/** Slow enough that a kill falls into it: one object at a time, each copied and synced. */
const SLOWLY = { WINDROW_HARVEST_CONCURRENCY: '1', WINDROW_HARVEST_LINKS: 'false' }

export type HarvestCrashes = {
  readonly seed: number
  readonly kills: number
  /** Of the programme, a second each. */
  readonly segments: number
  readonly log: (line: string) => void
}

export type HarvestCrashFigures = {
  readonly kills: number
  /** Kills after which the job was not over. */
  readonly killsInside: number
  readonly jobs: number
  /** Objects of each asset. */
  readonly objects: number
  readonly mostAttempts: number
  /** Objects on record before a kill, and not written again after it. */
  readonly objectsKept: number
}

type Asset = ReadonlyMap<string, string>
type HarvestObject = { readonly key: string; readonly size: number; readonly sha256: string }

/**
 * kill -9 at random moments of harvest jobs. Throws unless every job succeeds with an asset that is the same, byte for byte,
 * as one that nobody disturbed, with no parent manifest before all else, with nothing written again that was on record,
 * and with a record of exactly the objects that are there.
 */
export async function runHarvestCrashes(run: HarvestCrashes): Promise<HarvestCrashFigures> {
  const random = seededRandom(run.seed)
  const windrow = await Windrow.start({ environment: SLOWLY })
  const watch = await watchBucket({ folder: windrow.bucketFolder(BUCKET) })
  try {
    const window = await publish(windrow, run.segments)
    const keys = { accessKeyId: windrow.accessKeyId, secretAccessKey: windrow.secretAccessKey }
    const api = apiClient({ url: windrow.url, region: 'us-east-1', keys }, Date.now)
    const scene = { windrow, api, random, window, undisturbed: new Map<string, string>() as Asset }
    await harvest(scene, 'undisturbed', 0)
    scene.undisturbed = assetIn(windrow, 'undisturbed')
    const objects = run.segments * 2 + 3
    assert.equal(scene.undisturbed.size, objects)

    const sum = { kills: 0, killsInside: 0, mostAttempts: 0, objectsKept: 0, jobs: 0 }
    while (sum.kills < run.kills) {
      const id = `torn-${sum.jobs++}`
      const one = await harvest(scene, id, Math.min(MOST_KILLS_OF_A_JOB, run.kills - sum.kills))
      judge(await recordOf(api, id), assetIn(windrow, id), scene.undisturbed, id)
      sum.kills += one.kills
      sum.killsInside += one.killsInside
      sum.objectsKept += one.objectsKept
      sum.mostAttempts = Math.max(sum.mostAttempts, one.attempts)
      run.log(`${sum.kills} kills, ${sum.jobs} jobs; ${id}: ${one.attempts} attempts`)
    }
    assert.deepEqual(await watch.report(), { parents: sum.jobs + 1, faults: [] })
    assert.equal(await windrow.stop(), 0)
    return { ...sum, objects }
  } catch (error) {
    throw new Error(`seed ${run.seed}: ${(error as Error).message}\nThe log ends with\n${windrow.log.slice(-4000)}`, {
      cause: error,
    })
  } finally {
    await watch.report().catch(() => {})
    await windrow.kill()
  }
}

/** A programme that is over; an endpoint that shows it as it came. */
async function publish(windrow: Windrow, segments: number) {
  const client = mediaPackage(windrow)
  const ingest = await createChannel(client, 'news')
  await createHlsEndpoint(client, 'news', 'verbatim', { SegmentDurationSeconds: 1 })
  const pusher = new Pusher(ingest, await encodeLoop(), Date.now() - HOUR_MS)
  await pusher.pushParent()
  while (pusher.published < segments) await pusher.pushNext()
  await pusher.end()
  const iso = (number: number) => new Date(pusher.dateOf(number)).toISOString()
  return { startTime: iso(0), endTime: iso(segments) }
}

type Scene = {
  readonly windrow: Windrow
  readonly api: ApiClient
  readonly random: Random
  readonly window: { readonly startTime: string; readonly endTime: string }
  undisturbed: Asset
}

/** Runs a job to its end, killed on the way as often as it is to be and lasts. */
async function harvest({ windrow, api, random, window }: Scene, id: string, mostKills: number) {
  const roleArn = 'arn:aws:iam::000000000000:role/harvest'
  const s3Destination = { bucketName: BUCKET, manifestKey: `${id}/index.m3u8`, roleArn }
  await api.ask('POST', 'harvest_jobs', { body: { id, originEndpointId: 'verbatim', ...window, s3Destination } })
  let kills = 0
  let killsInside = 0
  /** Where the bytes of what was on record lie: a file that is written again is another one. */
  const files = new Map<string, number>()
  for (;;) {
    const job = (await api.ask('GET', `harvest_jobs/${id}`)) as HarvestReport
    if (job.status !== 'IN_PROGRESS') {
      assert.equal(job.state, 'SUCCEEDED', `${id}: ${job.failure?.message}`)
      for (const [key, inode] of files) assert.equal(inodeOf(windrow, key), inode, `${key} was written again`)
      return { kills, killsInside, objectsKept: files.size, attempts: job.attempts }
    }
    if (kills < mostKills) {
      await sleep(random.integer(0, 400))
      const record = await recordOf(api, id)
      await windrow.kill()
      for (const { key } of record.filter((object) => object.key.endsWith('.ts'))) files.set(key, inodeOf(windrow, key))
      await windrow.start()
      kills++
      const after = (await api.ask('GET', `harvest_jobs/${id}`)) as HarvestReport
      if (after.attempts > job.attempts) killsInside++
      assert.ok((after.progress?.objects ?? 0) >= record.length, `${id} forgot what it had written`)
    } else await sleep(100)
  }
}

async function recordOf(api: ApiClient, id: string): Promise<readonly HarvestObject[]> {
  const objects: HarvestObject[] = []
  for (let nextToken: string | undefined; ; ) {
    const query = { maxResults: '1000', nextToken }
    const page = (await api.ask('GET', `harvest_jobs/${id}/objects`, { query })) as {
      readonly objects: readonly HarvestObject[]
      readonly nextToken?: string
    }
    objects.push(...page.objects)
    if (page.nextToken === undefined) return objects
    nextToken = page.nextToken
  }
}

const inodeOf = (windrow: Windrow, key: string): number => statSync(join(windrow.bucketFolder(BUCKET), key)).ino

/** SHA-256 by file name. */
function assetIn(windrow: Windrow, id: string): Asset {
  const folder = join(windrow.bucketFolder(BUCKET), id)
  const digest = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex')
  return new Map(readdirSync(folder).map((name) => [name, digest(name)]))
}

function judge(record: readonly HarvestObject[], asset: Asset, undisturbed: Asset, id: string): void {
  assert.deepEqual(
    [...asset].toSorted(byName),
    [...undisturbed].toSorted(byName),
    `${id} differs from an undisturbed asset`,
  )
  const recorded = record.map(({ key, sha256 }) => [key.slice(id.length + 1), sha256] as const)
  assert.deepEqual(
    recorded.toSorted(byName),
    [...asset].toSorted(byName),
    `${id}: what is on record is not what is there`,
  )
}

const byName = (a: readonly [string, string], b: readonly [string, string]): number => (a[0] < b[0] ? -1 : 1)
