import type { UtcMs, UtcRange } from '../media/time.ts'
import type { Clip, ClipQuotas } from '../model/clip.ts'
import type { OrderedPageRequest, Page } from './pages.ts'

/** What there is of everything that has a quota. */
export type ResourceCounts = {
  readonly channels: number
  readonly harvestJobsInProgress: number
  /** Those of them whose window begins later. */
  readonly harvestJobsScheduled: number
  readonly harvestSchedules: number
  readonly harvestRules: number
  readonly clips: number
  /** The bytes of all clips, each by itself. */
  readonly pinnedBytes: number
}

/** The output segments of a window, as they were read: `count` of these numbers. */
export type ShownSegments = {
  readonly outputTimeline: number
  readonly first: number
  readonly last: number
  readonly count: number
}

/**
 * Part of the port Resources: clips. Content that a clip has pinned is kept as long as the clip is there. Clips past
 * their end are there, and count, until `expire` deletes them.
 */
export type ClipRecords = {
  /**
   * Takes the place of a clip of the same id that has ended. `no-endpoint` when one of its sources is not there,
   * `content-deleted` when one of the segments that it is to show is not there any more.
   */
  createClip(
    clip: Clip,
    quotas: ClipQuotas,
    shown: readonly ShownSegments[],
  ): Promise<'created' | 'duplicate' | 'no-endpoint' | 'clip-quota' | 'byte-quota' | 'content-deleted'>
  clipById(id: string): Promise<Clip | undefined>
  listClips(page: OrderedPageRequest & { channelId?: string }): Promise<Page<Clip>>
  /**
   * The clips of a channel that have not ended by a moment and whose windows overlap a span, by their beginnings, at
   * most `limit`.
   */
  clipsWithin(channelGuid: string, span: UtcRange, at: UtcMs, limit: number): Promise<readonly Clip[]>
  /** Replaces the clip whose stored revision is one less. A clip that pins no more than before is within its quota. */
  updateClip(
    clip: Clip,
    quotas: Pick<ClipQuotas, 'maxBytes'>,
    shown: readonly ShownSegments[],
  ): Promise<'updated' | 'conflict' | 'missing' | 'no-endpoint' | 'byte-quota' | 'content-deleted'>
  /** With `revision`, deletes it only if that is the stored one. */
  deleteClip(id: string, revision?: number): Promise<'deleted' | 'missing' | 'conflict'>
  /** Counts of one moment; jobs that begin later than `now` are scheduled. */
  resourceCounts(now: UtcMs): Promise<ResourceCounts>
}
