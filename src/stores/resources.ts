import type { UtcMs } from '../media/time.ts'
import type { Channel } from '../model/channel.ts'
import type { ServiceEvent } from '../model/event.ts'
import type { HarvestJob, HarvestJobStatus, HarvestOutcome } from '../model/harvest-job.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'

/** The store cannot take the request: too many wait, or it has stopped. Any call of a port may reject with it. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}

/** A page of a listing in creation order. `next` is the cursor of the following page, absent on the last. */
export type Page<T> = { readonly items: readonly T[]; readonly next?: string }

/** `after` is a cursor a Page gave out. */
export type PageRequest = { readonly limit: number; readonly after?: string }

/** What changed, told after the change is durable. */
export type ResourceChange =
  | { readonly kind: 'channel'; readonly guid: string }
  | { readonly kind: 'originEndpoint'; readonly guid: string; readonly channelGuid: string }

/** How long a channel's content is to be kept: the largest window among its endpoints and those lately released. */
export type RetentionDemand = {
  readonly channelGuid: string
  /** Seconds that some endpoint needs (`keptSeconds`), or needed until less than the grace period ago. */
  readonly startoverWindowSeconds: number
  /** The channel is deleted and its grace period over: nothing of it is needed. */
  readonly gone: boolean
  /** Windows of harvest jobs in progress on this channel: nothing that ends after `from` and starts before `to` may go. */
  readonly pinned: readonly { readonly from: UtcMs; readonly to: UtcMs }[]
}

/**
 * Port: channels, origin endpoints, harvest jobs, events. Every write is durable when its promise resolves and is one
 * transaction; limits and references are checked inside it. Ordinary refusals are answers, not exceptions.
 */
export type Resources = {
  createChannel(channel: Channel, limits: { maxChannels: number }): Promise<'created' | 'duplicate' | 'quota'>
  channelById(id: string): Promise<Channel | undefined>
  channelByGuid(guid: string): Promise<Channel | undefined>
  listChannels(page: PageRequest): Promise<Page<Channel>>
  /** Replaces the channel whose stored revision is `channel.revision - 1`. */
  updateChannel(channel: Channel): Promise<'updated' | 'conflict' | 'missing'>
  deleteChannel(id: string, now: UtcMs): Promise<'deleted' | 'missing' | 'has-endpoints'>

  createOriginEndpoint(
    endpoint: OriginEndpoint,
    limits: { maxPerChannel: number },
  ): Promise<'created' | 'duplicate' | 'quota' | 'no-channel'>
  originEndpointById(id: string): Promise<OriginEndpoint | undefined>
  originEndpointByGuid(guid: string): Promise<OriginEndpoint | undefined>
  listOriginEndpoints(page: PageRequest & { channelId?: string }): Promise<Page<OriginEndpoint>>
  /** Replaces the endpoint whose stored revision is one less; a smaller window stays in demand for `graceMs`. */
  updateOriginEndpoint(endpoint: OriginEndpoint, graceMs: number): Promise<'updated' | 'conflict' | 'missing'>
  deleteOriginEndpoint(id: string, now: UtcMs, graceMs: number): Promise<'deleted' | 'missing'>

  /** An id stays taken until `idFreeAfterMs` (90 days) after the job was made; older jobs are replaced. */
  createHarvestJob(
    job: HarvestJob,
    limits: { maxInProgress: number; idFreeAfterMs: number },
  ): Promise<'created' | 'duplicate' | 'quota'>
  harvestJobById(id: string): Promise<HarvestJob | undefined>
  listHarvestJobs(
    page: PageRequest & { channelId?: string; status?: HarvestJobStatus; createdAfter: UtcMs },
  ): Promise<Page<HarvestJob>>
  harvestJobsInProgress(): Promise<readonly HarvestJob[]>
  /** Sets the final status and writes the event in one transaction. Does nothing when the job has ended already. */
  finishHarvestJob(id: string, outcome: HarvestOutcome, event: ServiceEvent): Promise<'finished' | 'not-in-progress'>
  /**
   * Records that the objects `keys` of `bucket` are about to be written by `job`. Names no other endpoint wrote are
   * taken; if one belongs to another endpoint, nothing is taken and the answer names it and the job that wrote it.
   */
  claimBucketKeys(claim: {
    bucket: string
    keys: readonly string[]
    jobId: string
    endpointGuid: string
  }): Promise<{ readonly owner?: { readonly key: string; readonly jobId: string } }>

  appendEvent(event: ServiceEvent): Promise<void>
  listEvents(page: PageRequest): Promise<Page<ServiceEvent>>

  retentionDemands(now: UtcMs, graceMs: number): Promise<readonly RetentionDemand[]>
  /** Forgets harvest jobs and released windows past their time. */
  expire(now: UtcMs, harvestJobsOlderThanMs: number): Promise<void>

  /** Calls back after each durable change of a channel or endpoint, whoever made it; returns the way to stop. */
  onChange(listener: (change: ResourceChange) => void): () => void
}
