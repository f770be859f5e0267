/** Harvests that are asked for all the while, and held against the same windows harvested again. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type ApiClient, apiClient } from '../../src/cli/api-client.ts'
import type { HarvestReport } from '../../src/control/harvest-report.ts'
import { firstRendition, sha256 } from '../judges/playlists.ts'
import { eventually } from '../judges/processes.ts'
import { CLIPS_BUCKET, type Cluster } from './cluster.ts'

const ROLE = 'arn:aws:iam::000000000000:role/harvest'
const PAUSE_MS = 9_000
/** Of the programme, before its newest segment. */
const WINDOW_MS = { from: 20_000, to: 1_000 }

type Job = { readonly id: string; readonly endpoint: string; readonly startTime: string; readonly endTime: string }

export class Harvests {
  private readonly cluster: Cluster
  private readonly api: ApiClient
  /** By endpoint, an HLS manifest of its channel. */
  private readonly endpoints: ReadonlyMap<string, string>
  private readonly jobs: Job[] = []
  private over = false
  private running: Promise<void> | undefined

  constructor(cluster: Cluster, endpoints: ReadonlyMap<string, string>) {
    const { url, accessKeyId, secretAccessKey } = cluster
    this.cluster = cluster
    this.api = apiClient({ url, region: 'us-east-1', keys: { accessKeyId, secretAccessKey } }, Date.now)
    this.endpoints = endpoints
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

  /** What is wrong with the jobs; none if each has succeeded, and is as the same window is when nothing befalls it. */
  async judge(): Promise<{ readonly faults: readonly string[]; readonly figures: string }> {
    const faults: string[] = []
    let [objects, attempts] = [0, 0]
    for (const job of this.jobs) {
      const { id } = job
      const report = await this.ended(id)
      attempts += report.attempts
      if (report.state !== 'SUCCEEDED') {
        faults.push(`${id} of ${job.endpoint}: ${report.state}, ${report.failure?.message}`)
        continue
      }
      const again = `again-${id}`
      await this.ask({ ...job, id: again })
      const repeated = await this.ended(again)
      if (repeated.state !== 'SUCCEEDED') faults.push(`${again}: ${repeated.failure?.message}`)
      if (report.lastProgramDateTime !== repeated.lastProgramDateTime) {
        faults.push(`${id} ended at ${report.lastProgramDateTime}, there is content to ${repeated.lastProgramDateTime}`)
      }
      const [asset, undisturbed] = [await this.assetOf(id), await this.assetOf(again)]
      objects += asset.size
      const names = new Set([...asset.keys(), ...undisturbed.keys()])
      for (const name of names) {
        const [first, second] = [asset.get(name) ?? 'absent', undisturbed.get(name) ?? 'absent']
        if (first !== second) faults.push(`${id} of ${job.endpoint}: ${name} was ${first}, and is ${second}`)
      }
    }
    return { faults, figures: `${this.jobs.length} jobs, ${attempts} attempts, ${objects} objects` }
  }
}
