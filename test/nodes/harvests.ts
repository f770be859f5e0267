/** Harvests that are asked for all the while, and held against the same windows harvested again. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '../../src/cli/api-client.ts'
import type { HarvestReport } from '../../src/control/harvest-operations.ts'
import { apiOf } from '../judges/aws.ts'
import { firstRendition, sha256 } from '../judges/playlists.ts'
import { eventually } from '../judges/processes.ts'
import { CLIPS_BUCKET, type Cluster } from './cluster.ts'

const ROLE = 'arn:aws:iam::000000000000:role/harvest'
const PAUSE_MS = 9_000
const JUDGED_AT_ONCE = 4
/** Of the programme, before its newest segment. */
const WINDOW_MS = { from: 20_000, to: 1_000 }

type Job = { readonly id: string; readonly endpoint: string; readonly startTime: string; readonly endTime: string }

export class Harvests {
  private readonly cluster: Cluster
  private readonly api: ApiClient
  /** By endpoint, an HLS manifest of its channel. */
  private readonly endpoints: ReadonlyMap<string, string>
  private readonly log: (line: string) => void
  private readonly jobs: Job[] = []
  private over = false
  private running: Promise<void> | undefined

  constructor(cluster: Cluster, endpoints: ReadonlyMap<string, string>, log: (line: string) => void) {
    this.cluster = cluster
    this.api = apiOf(cluster)
    this.endpoints = endpoints
    this.log = log
  }

  start(): void {
    this.running = this.run()
  }

  /** Asks for no more. */
  async stop(): Promise<void> {
    this.over = true
    await this.running
  }

  private async run(): Promise<void> {
    const endpoints = [...this.endpoints]
    for (let n = 1; !this.over; n++) {
      const [endpoint, hls] = endpoints[n % endpoints.length]!
      const newest = (await firstRendition(hls).catch(() => [])).at(-1)?.programDateTime
      if (!newest) continue
      const iso = (before: number) => new Date(newest.getTime() - before).toISOString()
      const job = { id: `job-${n}`, endpoint, startTime: iso(WINDOW_MS.from), endTime: iso(WINDOW_MS.to) }
      await this.ask(job)
      this.jobs.push(job)
      await sleep(PAUSE_MS)
    }
  }

  /** Asks until it is told that the job is there. */
  private async ask(job: Job): Promise<void> {
    const { id, endpoint: originEndpointId, startTime, endTime } = job
    const manifest = originEndpointId.includes('dash') ? 'index.mpd' : 'index.m3u8'
    const s3Destination = { bucketName: CLIPS_BUCKET, manifestKey: `${id}/${manifest}`, roleArn: ROLE }
    await eventually(`harvest job ${id} to be taken`, async () => {
      const body = { id, originEndpointId, startTime, endTime, s3Destination }
      const found = await this.api.ask('POST', 'harvest_jobs', { body }).then(
        () => true,
        // A job whose answer was lost is there.
        () => this.describe(id).then(Boolean, () => false),
      )
      if (!found) await sleep(500)
      return found || undefined
    })
  }

  private async describe(id: string): Promise<HarvestReport> {
    return (await this.api.ask('GET', `harvest_jobs/${id}`)) as HarvestReport
  }

  private async ended(id: string): Promise<HarvestReport> {
    return eventually(`harvest job ${id} to end`, async () => {
      const job = await this.describe(id).catch(() => undefined)
      if (job && job.status !== 'IN_PROGRESS') return job
      await sleep(300)
      return undefined
    })
  }

  private async assetOf(id: string): Promise<ReadonlyMap<string, string>> {
    const { s3 } = this.cluster
    const found = new Map<string, string>()
    for (const key of (await s3.keys(CLIPS_BUCKET, `${id}/`)).toSorted()) {
      found.set(key.slice(id.length + 1), sha256((await s3.get(CLIPS_BUCKET, key))!))
    }
    return found
  }

  /**
   * What is wrong with the jobs; none if each has succeeded, and is as the same window is when nothing befalls it. What
   * that shows beyond it came later: after the end of a stream that stood still, or with dates that had been before, of
   * an input that was behind. A window in which nothing was stored has no content then either: what encoders were
   * promised in it is judged elsewhere.
   */
  async judge(): Promise<{ readonly faults: readonly string[]; readonly figures: string }> {
    const faults: string[] = []
    const counts = {
      identical: 0,
      'ended early': 0,
      'with dates that came again': 0,
      'of nothing': 0,
      'not succeeded': 0,
    }
    let [objects, attempts] = [0, 0]
    const judgeOne = async (job: Job) => {
      const { id } = job
      const report = await this.ended(id)
      attempts += report.attempts
      const complain = (what: string) => faults.push(`${id} of ${job.endpoint}: ${what}`)
      const again = `again-${id}`
      const repeat = async () => {
        await this.ask({ ...job, id: again })
        return this.ended(again)
      }
      if (report.failure?.code === 'NoContent' && (await repeat()).failure?.code === 'NoContent') {
        counts['of nothing']++
        return
      }
      if (report.state !== 'SUCCEEDED') {
        counts['not succeeded']++
        complain(`${report.state}, ${report.failure?.code}: ${report.failure?.message}`)
        return
      }
      const repeated = await repeat()
      if (repeated.state !== 'SUCCEEDED') complain(`${again} is ${repeated.state}: ${repeated.failure?.message}`)
      const [asset, undisturbed] = [await this.assetOf(id), await this.assetOf(again)]
      objects += asset.size
      const later = laterIn(undisturbed, asset)
      const isEarly = Date.parse(report.lastProgramDateTime ?? '') < Date.parse(job.endTime)
      const differences = differencesOf(asset, undisturbed, later).filter((name) => {
        return later.length === 0 || !isManifest(name)
      })
      for (const name of differences) {
        complain(`${name} was ${asset.get(name) ?? 'absent'}, and is ${undisturbed.get(name) ?? 'absent'}`)
      }
      if (differences.length === 0) {
        counts[later.length === 0 ? 'identical' : isEarly ? 'ended early' : 'with dates that came again']++
      }
      if (differences.length > 0 || later.length > 0) {
        const told = ({ firstProgramDateTime, lastProgramDateTime, gapCount }: HarvestReport) =>
          `${firstProgramDateTime} to ${lastProgramDateTime}, ${gapCount} gaps`
        const window = `${job.startTime} to ${job.endTime}`
        this.log(
          `${id} of ${job.endpoint}, ${window}: ${told(report)}; again: ${told(repeated)}; later: ${later.join(' ')}`,
        )
      }
    }
    for (let at = 0; at < this.jobs.length; at += JUDGED_AT_ONCE) {
      await Promise.all(
        this.jobs.slice(at, at + JUDGED_AT_ONCE).map((job) =>
          judgeOne(job).catch((error: unknown) => {
            faults.push(`${job.id} could not be judged: ${String(error)}`)
          }),
        ),
      )
    }
    const outcomes = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome}`)
    return {
      faults,
      figures: `${this.jobs.length} jobs (${outcomes.join(', ')}), ${attempts} attempts, ${objects} objects`,
    }
  }
}

type Asset = ReadonlyMap<string, string>

const isManifest = (name: string) => /\.(m3u8|mpd)$/.test(name)

/** The number of a segment; undefined for other objects. */
const numberOf = (name: string) => {
  const digits = /_(\d+)\.\w+$/.exec(name)?.[1]
  return digits === undefined || isManifest(name) ? undefined : Number(digits)
}

/** The media of an asset that came after all of another: segments, and what initializes tracks that begin there. */
function laterIn(asset: Asset, other: Asset): readonly string[] {
  const last = Math.max(...[...other.keys()].map((name) => numberOf(name) ?? 0))
  const isLater = (name: string) => (numberOf(name) ?? 0) > last
  const all = [...asset.keys()]
  const tracks = (names: readonly string[]) => new Set(names.map((name) => name.replace(/_\d+\.\w+$/, '')))
  const before = tracks(all.filter((name) => numberOf(name) !== undefined && !isLater(name)))
  const begun = [...tracks(all.filter(isLater))].filter((track) => !before.has(track))
  const isNew = (name: string) => begun.some((track) => name.startsWith(`${track}_init.`))
  return all.filter((name) => !other.has(name) && (isLater(name) || isNew(name)))
}

/** The names of objects that are not the same in both, but for those. */
function differencesOf(asset: Asset, undisturbed: Asset, but: readonly string[]): readonly string[] {
  const names = [...new Set([...asset.keys(), ...undisturbed.keys()])].toSorted()
  return names.filter((name) => asset.get(name) !== undisturbed.get(name) && !but.includes(name))
}
