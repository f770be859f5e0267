import type { UtcMs, UtcRange } from '../media/time.ts'
import type { Channel } from '../model/channel.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { EventOutbox } from './event-outbox.ts'
import type { HarvestRecords } from './harvest-records.ts'
import type { Page, PageRequest } from './pages.ts'

/** The store cannot take the request: too many wait, or it has stopped. Any call of a port may reject with it. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}

/** What clients of every room are told of it, with status 503. */
export const STORE_UNAVAILABLE = 'The store cannot take the request; try again.'

/** A database cannot be used: another process has it, it is of a newer program, or it is not there. Says which. */
export class DatabaseRefused extends Error {
  override readonly name = 'DatabaseRefused'
}

/** What changed, told after the change is durable. */
export type ResourceChange =
  | { readonly kind: 'channel'; readonly guid: string }
  | { readonly kind: 'originEndpoint'; readonly guid: string; readonly channelGuid: string }
  /** For a while the store could not hear what other processes changed: it may be anything. */
  | { readonly kind: 'everything' }

/** How long a channel's content is to be kept: the largest window among its endpoints and those lately released. */
export type RetentionDemand = {
  readonly channelGuid: string
  /** Seconds that some endpoint needs (`keptSeconds`), or needed until less than the grace period ago. */
  readonly startoverWindowSeconds: number
  /** The channel is deleted and its grace period over: nothing of it is needed. */
  readonly gone: boolean
  /**
   * Windows of harvest jobs in progress on this channel: nothing that ends after `from` and starts before `to` may go.
   */
  readonly pinned: readonly UtcRange[]
}

/**
 * Port: channels, origin endpoints, harvest jobs, events. Every write is durable when its promise resolves and is one
 * transaction; limits and references are checked inside it. Ordinary refusals are answers, not exceptions.
 */
export type Resources = HarvestRecords &
  EventOutbox & {
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

    retentionDemands(now: UtcMs, graceMs: number): Promise<readonly RetentionDemand[]>
    /** Forgets that there was such a channel: nothing of it is left in the segment index. */
    forgetDeletedChannel(guid: string): Promise<void>
    /** Forgets released windows past their time, harvest jobs made and events written before these times. */
    expire(now: UtcMs, before: { harvestJobs: UtcMs; events: UtcMs }): Promise<void>

    /** Calls back after each durable change of a channel or endpoint, whoever made it; returns the way to stop. */
    onChange(listener: (change: ResourceChange) => void): () => void
  }
