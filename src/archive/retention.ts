import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { type UtcMs, utcMs } from '../media/time.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { SlotWalk } from '../stores/object-ledger.ts'
import type { Objects } from '../stores/objects.ts'
import type { Resources, RetentionDemand } from '../stores/resources.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { LoadedChannels } from './loaded-channels.ts'

export type RetentionRules = {
  /** How long, in milliseconds, content is kept for endpoints without a startover window. */
  readonly liveMs: number
  /** How long, in milliseconds, content is kept beyond every window, for players that are late. */
  readonly marginMs: number
  /** How long, in milliseconds, nothing is deleted after a window became smaller or a channel was deleted. */
  readonly graceMs: number
}

/** The number of slots, and of objects, deleted in one transaction: few, so that ingest does not wait for retention. */
const STEP = 64
/** The number of objects deleted at once. */
const DELETED_AT_ONCE = 500

export type RetentionDeps = {
  readonly segmentIndex: SegmentIndex
  readonly resources: Pick<Resources, 'forgetDeletedChannel'>
  readonly objects: Objects
  /** By which content ages. */
  readonly clock: Clock
  readonly log: Log
  readonly retention: RetentionRules
  readonly channels: Pick<LoadedChannels, 'toChange' | 'forget'>
  readonly isClosing: () => boolean
  /** How far the last round has come in each input; kept from one round to the next. */
  readonly walks: Map<string, SlotWalk>
}

/**
 * Deletes, in small steps, the content that is older than every window of its channel and not pinned: first the rows,
 * then the objects.
 */
export async function forgetOldContent(demands: readonly RetentionDemand[], deps: RetentionDeps): Promise<void> {
  const now = deps.clock()
  const inputs = await deps.segmentIndex.inputs()
  for (const demand of demands) {
    if (!demand.gone) continue
    if (!(await deps.segmentIndex.forgetChannel(demand.channelGuid))) continue
    await deps.resources.forgetDeletedChannel(demand.channelGuid)
    deps.channels.forget(demand.channelGuid)
  }
  const known = new Set(inputs.map(({ ingestEndpointId }) => ingestEndpointId))
  for (const key of deps.walks.keys()) if (!known.has(key)) deps.walks.delete(key)
  const living = new Map(demands.filter(({ gone }) => !gone).map((demand) => [demand.channelGuid, demand]))
  for (const { oldest, ...ref } of inputs) {
    const demand = living.get(ref.channelGuid)
    if (deps.isClosing()) return
    // Most channels are as they were a moment ago, and need not be read.
    if (!demand || oldest === null || oldest >= keptSince(demand, deps.retention, now)) continue
    await forgetOldSlots(deps, ref, demand, now).catch((error: unknown) => {
      // The disk must not fill up with content of the other channels.
      deps.log.error(
        { event: 'retention-failed', ...ref, error: String(error) },
        'could not delete old content of an input',
      )
    })
  }
  await deletePending(deps)
}

/** The moment before which a channel needs no content but what is pinned. */
export function keptSince(
  { startoverWindowSeconds }: RetentionDemand,
  { liveMs, marginMs }: RetentionRules,
  now: UtcMs,
): UtcMs {
  return utcMs(now - Math.max(startoverWindowSeconds * 1000, liveMs) - marginMs)
}

async function forgetOldSlots(deps: RetentionDeps, ref: InputRef, demand: RetentionDemand, now: UtcMs): Promise<void> {
  const before = keptSince(demand, deps.retention, now)
  const content = deps.channels.toChange(ref.channelGuid)
  const { walks } = deps
  const key = ref.ingestEndpointId
  for (let isDone = false; !isDone && !deps.isClosing(); ) {
    const forgotten = await content.forget(ref, before, { walk: walks.get(key), limit: STEP })
    if (forgotten.walk) walks.set(key, forgotten.walk)
    isDone = forgotten.isDone
  }
}

/** Deletes the objects that are pending deletion. Those a crash leaves are still pending, and deleted next time. */
async function deletePending(deps: Pick<RetentionDeps, 'segmentIndex' | 'objects' | 'isClosing'>): Promise<void> {
  while (!deps.isClosing()) {
    const keys = await deps.segmentIndex.pendingDeletions(DELETED_AT_ONCE)
    if (keys.length === 0) return
    await Promise.all(keys.map((key) => deps.objects.remove(key)))
    await deps.segmentIndex.objectsDeleted(keys)
  }
}
