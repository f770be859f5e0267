import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '../../src/cli/api-client.ts'
import { fixture } from '../fixtures/catalogue.ts'
import { apiOf, createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { MachineWatch } from '../judges/machine.ts'
import { eventually } from '../judges/processes.ts'
import { type Random, seededRandom } from '../judges/random.ts'
import { Windrow } from '../judges/windrow.ts'
import { pushFixture } from '../matrix/push-fixture.ts'
import { BUCKET, type CrashBucket, type CrashForm, openPlaces } from './crash-places.ts'
import {
  type Asset,
  askForHarvest,
  describeHarvest,
  endsTold,
  type Programme,
  pagesOf,
  publishProgramme,
  type Ranges,
} from './harvest-faults.ts'

/** A job that is killed more often gets to its end in peace: after ten that write nothing more, it is given up. */
const MOST_KILLS_OF_A_JOB = 9
/** A kill falls into the job so long after it was taken up, at most. */
const LATEST_KILL_MS = 400
const LEASE_MS = 2000
const HOUR_MS = 3_600_000

/** What is harvested, and made of it; files of the whole window are made beside the segments. */
const HARVESTS = {
  window: { kinds: ['HLS', 'MP4', 'AUDIO', 'METADATA'] },
  /** The second half of the programme before the first, as two ranges of one asset. */
  ranges: { kinds: ['HLS', 'MP4', 'AUDIO', 'METADATA'] },
  'every kind': { kinds: ['HLS', 'CMAF', 'DASH', 'MP4', 'AUDIO', 'SUBTITLES', 'STILLS', 'METADATA'] },
  /** A window that begins and ends at pictures, of which those at its edges are encoded anew. */
  exact: { kinds: ['CMAF', 'DASH', 'MP4'] },
  /** Which has no ranges, and so no more than its window. */
  'smooth streaming': { kinds: ['HLS', 'MSS'] },
} as const

/** Of names that each kind has. */
const ENDINGS = {
  HLS: '.ts',
  CMAF: 'init.mp4',
  DASH: '.mpd',
  MSS: 'Manifest',
  MP4: 'index.mp4',
  AUDIO: '.m4a',
  SUBTITLES: '.vtt',
  STILLS: '.jpg',
  METADATA: '.json',
} as const

/** From when a process is there and the lease is over to the next attempt: jobs are looked for twice a second. */
const LATEST_TAKEOVER_MS = 3000

export type HarvestCrashes = {
  readonly form: CrashForm
  readonly seed: number
  readonly kills: number
  /** Of the programme, a second each; an even number of them where they are harvested as ranges. */
  readonly segments: number
  /** `window` unless it is told. */
  readonly of?: keyof typeof HARVESTS
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
  /** From the kill to the next attempt, a new process and what is left of the lease included. */
  readonly longestTakeoverMs: number
  /** The part of it in which a process was there and the lease was over. */
  readonly longestIdleMs: number
}

type HarvestObject = { readonly key: string; readonly size: number; readonly sha256: string }

/**
 * kill -9 at random moments of harvest jobs. Throws unless every job succeeds with an asset that is the same, byte for
 * byte, as one that nobody disturbed, with no parent manifest before all else, with no segment written again that was
 * on record, with a record of exactly the objects that are there, taken over in time, and with one event that says so.
 */
export async function runHarvestCrashes(run: HarvestCrashes): Promise<HarvestCrashFigures> {
  const random = seededRandom(run.seed)
  const places = await openPlaces(run.form)
  const environment = {
    ...places.environment,
    WINDROW_HARVEST_LEASE: `${LEASE_MS}ms`,
    WINDROW_HARVEST_CONCURRENCY: '1',
  }
  const windrow = await Windrow.start({ environment })
  const machine = await MachineWatch.start()
  try {
    const what = run.of ?? 'window'
    // Of two renditions: their segments and playlists, the parent manifest and three files.
    const bucket = await places.watch(windrow, run.segments * 2 + 3 + 3)
    const wanted = what === 'every kind' ? await subtitled(windrow, run.segments) : await programmeOf(windrow, run)
    const deliverables = HARVESTS[what].kinds.map(deliverableOf)
    const api = apiOf(windrow)
    // Whoever has the stores alone knows that every lease is of the dead.
    const leaseMs = run.form === 'node' ? LEASE_MS : 0
    const scene = { windrow, machine, api, random, wanted: { ...wanted, deliverables }, bucket, leaseMs }
    await harvest(scene, 'undisturbed', 0)
    const undisturbed = await bucket.asset('undisturbed')
    const names = [...undisturbed.keys()]
    const lacking = HARVESTS[what].kinds.filter((kind) => !names.some((name) => name.endsWith(ENDINGS[kind])))
    assert.deepEqual(lacking, [])

    const sum = {
      kills: 0,
      killsInside: 0,
      mostAttempts: 0,
      objectsKept: 0,
      longestTakeoverMs: 0,
      longestIdleMs: 0,
      jobs: 0,
    }
    while (sum.kills < run.kills) {
      const id = `torn-${sum.jobs++}`
      const one = await harvest(scene, id, Math.min(MOST_KILLS_OF_A_JOB, run.kills - sum.kills))
      judge(await recordOf(api, id), await bucket.asset(id), undisturbed, id)
      sum.kills += one.kills
      sum.killsInside += one.killsInside
      sum.objectsKept += one.objectsKept
      sum.mostAttempts = Math.max(sum.mostAttempts, one.attempts)
      sum.longestTakeoverMs = Math.max(sum.longestTakeoverMs, one.longestTakeoverMs)
      sum.longestIdleMs = Math.max(sum.longestIdleMs, one.longestIdleMs)
      run.log(`${sum.kills} kills, ${sum.jobs} jobs; ${id}: ${one.attempts} attempts`)
    }
    const parents = HARVESTS[what].kinds.filter((kind) => kind === 'HLS' || kind === 'CMAF').length
    await bucket.judgeParents((sum.jobs + 1) * parents)
    assert.deepEqual(await endsTold(api), ['undisturbed', ...Array.from({ length: sum.jobs }, (_, n) => `torn-${n}`)])
    assert.equal(await windrow.stop(), 0)
    return { ...sum, objects: undisturbed.size }
  } catch (error) {
    throw new Error(`seed ${run.seed}: ${(error as Error).message}\nThe log ends with\n${windrow.log.slice(-4000)}`, {
      cause: error,
    })
  } finally {
    await machine.stop()
    await windrow.kill()
    await places.stop()
  }
}

/** Members of a job beside its id and destination. */
type Wanted = (Programme | Ranges) & { readonly originEndpointId: string; readonly cut?: 'FRAME_EXACT' }

type Scene = {
  readonly windrow: Windrow
  readonly machine: MachineWatch
  readonly api: ApiClient
  readonly random: Random
  readonly wanted: Wanted
  readonly bucket: CrashBucket
  readonly leaseMs: number
}

/** Runs a job to its end, killed on the way as often as it is to be and lasts. */
async function harvest(scene: Scene, id: string, mostKills: number) {
  const { windrow, machine, api, random, wanted, bucket, leaseMs } = scene
  await askForHarvest(api, id, BUCKET, wanted)
  let kills = 0
  let killsInside = 0
  let longestTakeoverMs = 0
  let longestIdleMs = 0
  /** Of the segments that were on record at some kill. */
  const writings = new Map<string, string>()
  for (;;) {
    const job = await describeHarvest(api, id)
    if (job.status !== 'IN_PROGRESS') {
      assert.equal(job.state, 'SUCCEEDED', `${id}: ${job.failure?.message}`)
      for (const [key, writing] of writings) assert.equal(bucket.writingOf(key), writing, `${key} was written again`)
      const { attempts } = job
      return { kills, killsInside, objectsKept: writings.size, attempts, longestTakeoverMs, longestIdleMs }
    }
    if (kills === mostKills) {
      await sleep(100)
      continue
    }
    // Every other one is killed with something on record, however slow the machine is.
    if (kills % 2 === 1) {
      await eventually(`a segment of ${id} to be on record`, async () => {
        const { status } = await describeHarvest(api, id)
        return status !== 'IN_PROGRESS' || (await recordOf(api, id)).some(isMedia) || undefined
      })
    }
    await sleep(random.integer(0, LATEST_KILL_MS))
    const record = await recordOf(api, id)
    const before = await describeHarvest(api, id)
    const killed = performance.now()
    await windrow.kill()
    for (const { key } of record.filter(isMedia)) writings.set(key, bucket.writingOf(key))
    await windrow.start()
    kills++
    const ready = performance.now()
    const after = await eventually(`${id} to be taken over`, async () => {
      const now = await describeHarvest(api, id)
      return now.attempts > before.attempts || now.status !== 'IN_PROGRESS' ? now : undefined
    })
    const seen = performance.now()
    if (after.attempts > before.attempts) {
      killsInside++
      longestTakeoverMs = Math.max(longestTakeoverMs, Math.round(seen - killed))
      const free = Math.max(ready, killed + leaseMs)
      const idleMs = Math.round(seen - free)
      const lateMs = Math.round(await machine.lateness(free, seen))
      assert.ok(
        idleMs <= LATEST_TAKEOVER_MS + lateMs,
        `taken over ${idleMs} ms after it could have been, the machine was late by ${lateMs} ms`,
      )
      longestIdleMs = Math.max(longestIdleMs, idleMs)
    }
    assert.ok((after.progress?.objects ?? 0) >= record.length, `${id} forgot what it had written`)
  }
}

/** The whole of a programme of so many seconds, as one range or two. */
async function programmeOf(windrow: Windrow, { segments, of }: HarvestCrashes): Promise<Wanted> {
  const { startTime, endTime } = await publishProgramme(windrow, segments)
  if (of === 'exact') {
    const at = (time: string, ms: number) => new Date(Date.parse(time) + ms).toISOString()
    const cut = { originEndpointId: 'verbatim', startTime: at(startTime, 520), endTime: at(endTime, -680) }
    return { ...cut, cut: 'FRAME_EXACT' }
  }
  if (of !== 'ranges') return { originEndpointId: 'verbatim', startTime, endTime }
  const middle = new Date((Date.parse(startTime) + Date.parse(endTime)) / 2).toISOString()
  const ranges = [
    { startTime: middle, endTime },
    { startTime, endTime: middle },
  ]
  return { originEndpointId: 'verbatim', ranges }
}

/** A short programme with subtitles, as often as it takes to make so many seconds. */
async function subtitled(windrow: Windrow, seconds: number): Promise<Wanted> {
  const client = mediaPackage(windrow)
  const made = await fixture('webvtt-renditions')
  const ingest = await createChannel(client, 'subtitled')
  await createHlsEndpoint(client, 'subtitled', 'subtitled-hls', { SegmentDurationSeconds: 2 })
  const begin = Date.now() - HOUR_MS
  await pushFixture(ingest, made, begin)
  const length = made.streams[0]!.segments.reduce((sum, { duration }) => sum + duration, 0)
  const range = { startTime: new Date(begin).toISOString(), endTime: new Date(begin + length * 1000).toISOString() }
  return { originEndpointId: 'subtitled-hls', ranges: Array.from({ length: Math.ceil(seconds / length) }, () => range) }
}

const deliverableOf = (kind: string) => (kind === 'STILLS' ? { kind, poster: true, sprite: true } : { kind })

/** What is written for good, when it is written: segments, and files of the whole window. */
const isMedia = ({ key }: HarvestObject) => !/\.(m3u8|mpd|json|vtt|jpg)$|Manifest$/.test(key)

async function recordOf(api: ApiClient, id: string): Promise<readonly HarvestObject[]> {
  return pagesOf<HarvestObject>(api, `harvest_jobs/${id}/objects`, 'objects')
}

function judge(record: readonly HarvestObject[], asset: Asset, undisturbed: Asset, id: string): void {
  const sorted = (entries: Iterable<readonly [string, string]>) => [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1))
  assert.deepEqual(sorted(asset), sorted(undisturbed), `${id} differs from an undisturbed asset`)
  const recorded = record.map(({ key, sha256 }) => [key.slice(id.length + 1), sha256] as const)
  assert.deepEqual(sorted(recorded), sorted(asset), `${id}: what is on record is not what is there`)
}
