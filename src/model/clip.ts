import { ONE_DAY_MS, type UtcMs, type UtcRange, utcMs } from '../media/time.ts'
import { withEncryption } from './asset-encryption.ts'
import type { PresentationKind } from './deliverable.ts'
import { nearestText, nearestWindow } from './harvest-request.ts'
import type { OriginEndpoint } from './origin-endpoint.ts'
import { refuse } from './rules.ts'

/** A window of a channel that can be played as a finished asset for as long as the clip lasts, without a copy of it. */
export type Clip = {
  readonly id: string
  readonly channelId: string
  readonly channelGuid: string
  /** The origin endpoint that was asked for; absent where the clip is one of a channel. */
  readonly originEndpointId?: string
  /** The times as the client wrote them, which responses repeat. */
  readonly startTime: string
  readonly endTime: string
  readonly start: UtcMs
  readonly end: UtcMs
  readonly cut: ClipCut
  /** The clip lasts until then; until it is deleted where that is absent. */
  readonly expiresAt?: UtcMs
  /** The origin endpoints below whose URLs it is played, and in which formats. */
  readonly sources: readonly ClipSource[]
  /** Content of its channel, by the clocks of the inputs, that is kept for it. */
  readonly pinned: UtcRange
  /** Bytes that the segments it shows take in the archive. */
  readonly bytes: number
  /** The rule that made the clip; absent where a client did. */
  readonly ruleId?: string
  readonly createdAt: UtcMs
  readonly modifiedAt: UtcMs
  readonly revision: number
  /**
   * Another for each change of what it shows, and for each clip of the same id: names of segments have it, and so never
   * refer to other bytes.
   */
  readonly edition: number
  /** The edition before. */
  readonly formerEdition?: number
}

/** Where a clip begins and ends: with the segments that its window touches, or at its pictures, to the frame. */
export type ClipCut = 'SEGMENT' | 'FRAME'

export type ClipSource = {
  /** The endpoint as it was when the clip was made, without what decides who may play it. */
  readonly endpoint: OriginEndpoint
  readonly kinds: readonly ClipKind[]
}

/** What a clip is played as: in the formats of endpoints, and as one file. */
export type ClipKind = PresentationKind | 'MP4'

/** Limits of all clips together. */
export type ClipQuotas = { readonly maxClips: number; readonly maxBytes: number }

export const CLIP_KINDS: readonly ClipKind[] = ['HLS', 'CMAF', 'DASH', 'MSS', 'MP4']

/** The file that players ask for first, in the folder of its kind. */
export const CLIP_FILES = {
  HLS: 'index.m3u8',
  CMAF: 'index.m3u8',
  DASH: 'index.mpd',
  MSS: 'index.ism/Manifest',
  MP4: 'index.mp4',
} as const satisfies Readonly<Record<ClipKind, string>>

/** The edition of a clip that is made, or changed, now. */
export function newEdition(now: UtcMs, former = 0): number {
  return Math.max(now, former + 1)
}

/** True while a clip can be played. */
export function isLiving({ expiresAt }: Pick<Clip, 'expiresAt'>, now: UtcMs): boolean {
  return expiresAt === undefined || expiresAt > now
}

/** What a clip keeps of an endpoint: access is decided by the endpoint as it is when the clip is played. */
export function clippedEndpoint({ description: _, authorization: __, ...endpoint }: OriginEndpoint): OriginEndpoint {
  return { ...endpoint, timeDelaySeconds: 0, whitelist: [], tags: {} }
}

/**
 * An endpoint of a clip as it presents that now: encrypted as the endpoint is `now`, and where that is in the clear, as
 * it was when the clip was made.
 */
export function encryptedAsNow(endpoint: OriginEndpoint, now: OriginEndpoint | undefined): OriginEndpoint {
  const encryption = now?.packaging.encryption
  return encryption ? withEncryption(endpoint, encryption) : endpoint
}

/** The clip after an endpoint was deleted: itself if it shows nothing of that, undefined if it shows nothing else. */
export function clipWithout(clip: Clip, endpointGuid: string): Clip | undefined {
  const sources = clip.sources.filter(({ endpoint }) => endpoint.guid !== endpointGuid)
  if (sources.length === clip.sources.length) return clip
  return sources.length === 0 ? undefined : { ...clip, sources, revision: clip.revision + 1 }
}

/** Throws RuleViolation for a window that no clip can have. `usable` is what can be asked for now. */
export function checkClipWindow({ start, end }: UtcRange, usable: UtcRange, now: UtcMs): void {
  if (end <= start) refuse('endTime', 'must be after startTime')
  if (end - start > ONE_DAY_MS) {
    const nearest = nearestWindow({ start: utcMs(end - ONE_DAY_MS), end }, usable)
    refuse('endTime', `must be at most 24 hours after startTime; ${nearestText(nearest)}`)
  }
  if (end > now) refuse('endTime', `must not be in the future; ${nearestText(nearestWindow({ start, end }, usable))}`)
}

/** Throws RuleViolation unless a clip can end at this moment. */
export function checkClipExpiry(expiresAt: UtcMs, now: UtcMs): void {
  if (expiresAt <= now) refuse('expiresAt', 'must be in the future')
}

/** True for an endpoint that clips can be played from. */
export function canBeClipped({ packaging, startoverWindowSeconds }: OriginEndpoint): boolean {
  return packaging.manifests.length > 0 && startoverWindowSeconds > 0
}
