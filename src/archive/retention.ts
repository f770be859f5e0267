import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { type UtcMs, utcMs } from '../media/time.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { Objects } from '../stores/objects.ts'
import type { Resources, RetentionDemand } from '../stores/resources.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { ChannelContent } from './channel-content.ts'

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

/**
 * Deletes, in small steps, the content that is older than every window of its channel: first the rows, then the
 * objects.
 */
export async function forgetOldContent(deps: {
  segmentIndex: SegmentIndex
  resources: Pick<Resources, 'retentionDemands' | 'forgetDeletedChannel'>
  objects: Objects
  /** By which content ages. */
  clock: Clock
  /** By which grace periods of released windows and deleted channels end. */
  graceDate: Clock
  log: Log
  retention: RetentionRules
  contentOf: (channelGuid: string) => ChannelContent
  /** Called when everything of a deleted channel is gone. */
  channelForgotten: (channelGuid: string) => void
  isClosing: () => boolean
}): Promise<void> {
  const now = deps.clock()
  const demands = await deps.resources.retentionDemands(deps.graceDate(), deps.retention.graceMs)
  const refs = await deps.segmentIndex.inputs()
  for (const demand of demands) {
    if (!demand.gone) continue
    await deps.segmentIndex.forgetChannel(demand.channelGuid)
    await deps.resources.forgetDeletedChannel(demand.channelGuid)
    deps.channelForgotten(demand.channelGuid)
  }
  const living = new Map(demands.filter(({ gone }) => !gone).map((demand) => [demand.channelGuid, demand]))
  for (const ref of refs) {
    const demand = living.get(ref.channelGuid)
    if (deps.isClosing()) return
    if (!demand) continue
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

async function forgetOldSlots(
  deps: Parameters<typeof forgetOldContent>[0],
  ref: InputRef,
  demand: RetentionDemand,
  now: UtcMs,
): Promise<void> {
  const { liveMs, marginMs } = deps.retention
  const before = utcMs(now - Math.max(demand.startoverWindowSeconds * 1000, liveMs) - marginMs)
  const content = deps.contentOf(ref.channelGuid)
  while (!(await content.forget(ref, before, demand.pinned, STEP)) && !deps.isClosing());
}

/** Deletes the objects that are pending deletion. Those a crash leaves are still pending, and deleted next time. */
async function deletePending(deps: {
  segmentIndex: SegmentIndex
  objects: Objects
  isClosing: () => boolean
}): Promise<void> {
  while (!deps.isClosing()) {
    const keys = await deps.segmentIndex.pendingDeletions(DELETED_AT_ONCE)
    if (keys.length === 0) return
    await Promise.all(keys.map((key) => deps.objects.remove(key)))
    await deps.segmentIndex.objectsDeleted(keys)
  }
}
