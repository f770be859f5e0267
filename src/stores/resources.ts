import type { UtcMs } from '../media/time.ts'
import type { Channel } from '../model/channel.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { BacklogRecords } from './backlog.ts'
import type { ClipRecords } from './clip-records.ts'
import type { ContentKeyRecords } from './content-key-records.ts'
import type { EventOutbox } from './event-outbox.ts'
import type { HarvestRecords } from './harvest-records.ts'
import type { Page, PageRequest } from './pages.ts'
import type { RuleRecords } from './rule-records.ts'
import type { ScheduleRecords } from './schedule-records.ts'

/**
 * Thrown when the store cannot take the request: too many wait, or it has stopped. Any call of a port may reject with
 * it.
 */
export class StoreUnavailable extends Error {
  override readonly name: string = 'StoreUnavailable'
}

/** Thrown when the disk of the store has no space left. */
export class DiskFull extends StoreUnavailable {
  override readonly name = 'DiskFull'
}

/** Codes of errors by which a file system, or PostgreSQL, says that it has no space left. */
const NO_SPACE = new Set<unknown>(['ENOSPC', 'EDQUOT', '53100'])

/** True when an error of a store says that there is no space left. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof DiskFull || (error instanceof Error && 'code' in error && NO_SPACE.has(error.code))
}

/** The sentence that clients of every room get for it, with status 503. */
export const STORE_UNAVAILABLE = 'The store is temporarily unavailable; try again.'
/** The sentence that clients of the API get when there is no space left, with status 503. */
export const DISK_FULL = 'The disk of the server is full: nothing can be changed until there is space again.'

/**
 * Thrown when a database cannot be used: another process has it, it is of a newer program, or it is absent. The
 * message says which.
 */
export class DatabaseRefused extends Error {
  override readonly name = 'DatabaseRefused'
}

/** Thrown when another process has a database that one process must have alone. */
export class DatabaseInUse extends DatabaseRefused {}

/** A change, reported once it is durable. Something that was created or deleted has changed too. */
export type ResourceChange =
  | { readonly kind: 'channel'; readonly id: string; readonly guid: string }
  | { readonly kind: 'originEndpoint'; readonly id: string; readonly guid: string; readonly channelGuid: string }
  /** An event was appended. Harvest jobs also change as they progress, schedules and rules as runs are recorded. */
  | { readonly kind: 'clip' | 'harvestJob' | 'harvestSchedule' | 'harvestRule' | 'event'; readonly id: string }
  /** Anything may have changed: for a while, the store could not receive the changes of other processes. */
  | { readonly kind: 'everything' }

/**
 * The time for which a channel's content must be kept: the largest window among its endpoints and those recently
 * released.
 */
export type RetentionDemand = {
  readonly channelGuid: string
  /** Seconds that some endpoint needs (`keptSeconds`), or needed until less than the grace period ago. */
  readonly startoverWindowSeconds: number
  /** True when the channel is deleted, its grace period is over, and nothing of it is pinned. */
  readonly gone: boolean
}

/**
 * Port: channels, origin endpoints, harvest jobs, schedules and rules, clips, content keys, events. Every write is
 * one transaction, durable when its promise resolves; limits and references are checked inside it. Ordinary refusals
 * are results, not exceptions.
 */
export type Resources = HarvestRecords &
  ScheduleRecords &
  RuleRecords &
  ClipRecords &
  ContentKeyRecords &
  BacklogRecords &
  EventOutbox & {
    createChannel(channel: Channel, limits: { maxChannels: number }): Promise<'created' | 'duplicate' | 'quota'>
    channelById(id: string): Promise<Channel | undefined>
    channelByGuid(guid: string): Promise<Channel | undefined>
    listChannels(page: PageRequest): Promise<Page<Channel>>
    /** Replaces the channel whose stored revision is `channel.revision - 1`. */
    updateChannel(channel: Channel): Promise<'updated' | 'conflict' | 'missing'>
    /** With `revision`, deletes it only if that is the stored one. */
    deleteChannel(
      id: string,
      now: UtcMs,
      revision?: number,
    ): Promise<'deleted' | 'missing' | 'conflict' | 'has-endpoints'>

    createOriginEndpoint(
      endpoint: OriginEndpoint,
      limits: { maxPerChannel: number },
    ): Promise<'created' | 'duplicate' | 'quota' | 'no-channel'>
    originEndpointById(id: string): Promise<OriginEndpoint | undefined>
    originEndpointByGuid(guid: string): Promise<OriginEndpoint | undefined>
    listOriginEndpoints(page: PageRequest & { channelId?: string }): Promise<Page<OriginEndpoint>>
    /** Replaces the endpoint whose stored revision is one less; a reduced window stays in demand for `graceMs`. */
    updateOriginEndpoint(endpoint: OriginEndpoint, graceMs: number): Promise<'updated' | 'conflict' | 'missing'>
    /**
     * Ends what clips show of the endpoint, and those that show nothing else. With `revision`, deletes it only if that
     * is the stored one.
     */
    deleteOriginEndpoint(
      id: string,
      now: UtcMs,
      graceMs: number,
      revision?: number,
    ): Promise<'deleted' | 'missing' | 'conflict'>

    retentionDemands(now: UtcMs, graceMs: number): Promise<readonly RetentionDemand[]>
    /** Forgets a deleted channel, of which nothing is left in the segment index. */
    forgetDeletedChannel(guid: string): Promise<void>
    /**
     * Deletes released windows and clips past their time, and from before these times harvest jobs, the
     * history of schedules and rules, and events.
     */
    expire(now: UtcMs, before: { harvestJobs: UtcMs; events: UtcMs }): Promise<void>

    /**
     * Calls `listener` after each durable change of any process; returns a function that stops it. What `expire`
     * deletes is not told. The claims and the progress of harvest jobs in other processes are told a moment later, and
     * several at once.
     */
    onChange(listener: (change: ResourceChange) => void): () => void
  }
