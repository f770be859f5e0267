import { utcMs } from '../../src/media/time.ts'
import type { ServiceEvent } from '../../src/model/event.ts'
import { type HarvestJob, type HarvestOutcome, statusAfter } from '../../src/model/harvest-job.ts'
import type { HarvestObject, HarvestRecord, HarvestRun } from '../../src/model/harvest-run.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import type {
  BucketKeyOwner,
  BucketNames,
  HarvestClaim,
  HarvestClaimRequest,
  HarvestRecords,
} from '../../src/stores/harvest-records.ts'
import type { PageRequest } from '../../src/stores/pages.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }
type Entry = { job: HarvestJob; run: Writable<HarvestRun>; objects: Map<string, HarvestObject> }
type Checkpoint = Parameters<HarvestRecords['checkpointHarvestJob']>[1]

/** The part of the resources that harvesting needs, in memory, answering at once. */
export class JobLedger {
  readonly jobs = new Map<string, Entry>()
  readonly ended: { readonly id: string; readonly outcome: HarvestOutcome; readonly event: ServiceEvent }[] = []
  readonly owners = new Map<string, Pick<BucketNames, 'endpointGuid'> & { jobId: string; manifestKey?: string }>()
  readonly checkpoints: Checkpoint[] = []
  /** Failures to come, before an end is recorded. */
  readonly failures: Error[] = []
  /** Endpoints as they are now, by their ids. */
  readonly endpoints = new Map<string, OriginEndpoint>()
  /** Called before a checkpoint is taken. */
  onCheckpoint: (checkpoint: Checkpoint) => void = () => {}

  constructor(...jobs: readonly HarvestJob[]) {
    for (const job of jobs) this.add(job)
  }

  add(job: HarvestJob, notBefore = utcMs(0)): void {
    const run = { state: 'QUEUED', fence: 0, notBefore, attempts: 0, failures: 0, cancelling: false, completing: false }
    this.jobs.set(job.id, { job, run: run as Writable<HarvestRun>, objects: new Map() })
  }

  get outcome(): HarvestOutcome | undefined {
    return this.ended[0]?.outcome
  }

  run(id = 'highlights'): HarvestRun {
    return this.entry(id).run
  }

  objects(id = 'highlights'): HarvestObject[] {
    return [...this.entry(id).objects.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1))
  }

  cancel(id = 'highlights'): void {
    const { run } = this.entry(id)
    Object.assign(run, { cancelling: true, notBefore: 0 })
  }

  async originEndpointById(id: string): Promise<OriginEndpoint | undefined> {
    return this.endpoints.get(id)
  }

  async claimHarvestJob({ owner, now, date = now, leaseMs, except = [] }: HarvestClaimRequest) {
    const entry = [...this.jobs.values()].find(
      ({ job, run }) =>
        !except.includes(job.id) &&
        ((run.state === 'QUEUED' && run.notBefore <= date) ||
          (run.state === 'RUNNING' && (run.leaseUntil ?? 0) <= now)),
    )
    if (!entry) return undefined
    const { run } = entry
    if (run.state === 'RUNNING') run.failures++
    run.startedAt ??= date
    const claimed = {
      state: 'RUNNING',
      owner,
      leaseUntil: now + leaseMs,
      fence: run.fence + 1,
      attempts: run.attempts + 1,
    }
    Object.assign(run, claimed)
    return { ...entry.job, run: structuredClone(run) } satisfies HarvestRecord
  }

  async checkpointHarvestJob(claim: HarvestClaim, checkpoint: Checkpoint) {
    this.onCheckpoint(checkpoint)
    const entry = this.held(claim)
    if (!entry) return 'lost'
    const { run } = entry
    this.checkpoints.push(checkpoint)
    run.leaseUntil = utcMs(checkpoint.now + checkpoint.leaseMs)
    if (checkpoint.cursor) run.cursor = structuredClone(checkpoint.cursor)
    if (checkpoint.completing && !run.cancelling) run.completing = true
    if (checkpoint.objects?.length) run.failures = 0
    for (const object of checkpoint.objects ?? []) entry.objects.set(object.key, object)
    return run.cancelling ? 'cancelling' : 'kept'
  }

  async releaseHarvestJob(claim: HarvestClaim, release: Parameters<HarvestRecords['releaseHarvestJob']>[1]) {
    const entry = this.held(claim)
    if (!entry) return 'lost'
    Object.assign(entry.run, { state: 'QUEUED', ...release })
    if (release.failure) entry.run.failures++
    return 'released'
  }

  async finishHarvestJob(claim: HarvestClaim, end: Parameters<HarvestRecords['finishHarvestJob']>[1]) {
    const failure = this.failures.shift()
    if (failure) throw failure
    const entry = this.held(claim)
    if (!entry) return 'lost'
    const { outcome, event } = end
    entry.job = { ...entry.job, status: statusAfter(outcome) }
    entry.run.state = outcome.state
    this.ended.push({ id: claim.id, outcome, event })
    return 'finished'
  }

  async listHarvestObjects(id: string, page: PageRequest) {
    const rest = this.objects(id).filter(({ key }) => key > (page.after ?? ''))
    const items = rest.slice(0, page.limit)
    return rest.length > items.length ? { items, next: items.at(-1)?.key ?? '' } : { items }
  }

  async harvestObjectsNamed(id: string, keys: readonly string[]) {
    return this.objects(id).filter(({ key }) => keys.includes(key))
  }

  async claimBucketKeys(claim: BucketNames & { jobId: string }) {
    const answer = await this.bucketKeysOwner(claim)
    if (answer.owner) return answer
    for (const key of claim.keys) this.owners.set(`${claim.bucket}/${key}`, claim)
    return {}
  }

  async forgetBucketKeys(jobId: string, keys: readonly string[]) {
    const { job, objects } = this.entry(jobId)
    for (const key of keys) {
      objects.delete(key)
      this.owners.delete(`${job.s3Destination.bucketName}/${key}`)
    }
  }

  async bucketKeysOwner({ bucket, keys, endpointGuid, manifestKey, isAlone }: BucketNames) {
    for (const key of keys) {
      const owner = this.owners.get(`${bucket}/${key}`)
      const isOwn = !owner || (owner.endpointGuid === endpointGuid && (owner.manifestKey ?? key) === manifestKey)
      if (isOwn || (owner.endpointGuid === endpointGuid && this.hasFailed(owner.jobId))) continue
      const by = owner.endpointGuid === endpointGuid ? 'another asset' : 'another endpoint'
      return { owner: { key, jobId: owner.jobId, by } satisfies BucketKeyOwner }
    }
    const others = isAlone ? [...this.jobs.values()] : []
    const growing = others.find(({ job: { s3Destination: other }, run: { state, cursor } }) => {
      const isUnsettled = state !== 'FAILED' && cursor?.names && cursor.names.segments === undefined && !cursor.plan
      return isUnsettled && other.manifestKey !== manifestKey
    })
    if (!growing) return {}
    const { id, s3Destination: other } = growing.job
    return { owner: { key: other.manifestKey, jobId: id, by: 'an unsettled asset' } satisfies BucketKeyOwner }
  }

  private hasFailed(id: string): boolean {
    return this.jobs.get(id)?.run.state === 'FAILED'
  }

  private held({ id, fence }: HarvestClaim): Entry | undefined {
    const entry = this.jobs.get(id)
    return entry?.run.fence === fence && entry.run.state === 'RUNNING' ? entry : undefined
  }

  private entry(id: string): Entry {
    const entry = this.jobs.get(id)
    if (!entry) throw new Error(`there is no job ${id}`)
    return entry
  }
}
