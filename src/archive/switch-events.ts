import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { UtcMs } from '../media/time.ts'
import { type Account, arnOf } from '../model/arn.ts'
import type { ServiceEvent } from '../model/event.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { InputSwitch } from '../model/output-timeline/state.ts'
import type { Resources } from '../stores/resources.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { ChannelContent } from './channel-content.ts'

/** An endpoint's switches are told of once in so long, however often it switches. */
const ONE_EVENT_MS = 5 * 60_000
const LEAST_PAUSE_MS = 1000
const MOST_PAUSE_MS = 60_000

/** What EventBridge would be told when an endpoint has switched. The same switch makes the same event. */
export function inputSwitchEvent(
  endpoint: OriginEndpoint,
  { at, from, to }: InputSwitch,
  account: Account,
): ServiceEvent {
  return {
    id: uuidOf(`${endpoint.guid} ${at} ${from} ${to}`),
    at,
    detailType: 'MediaPackage Input Notification',
    resources: [arnOf(account, 'origin_endpoints', endpoint.guid)],
    detail: {
      event: 'InputSwitchEvent',
      message: 'Origin endpoint experienced an Input Switch Event',
      EventDetails: { Channel: endpoint.channelGuid, PreviousIngestEndpoint: from, CurrentIngestEndpoint: to },
    },
  }
}

export type SwitchDeps = {
  readonly segmentIndex: Pick<SegmentIndex, 'endpointsOf'>
  readonly resources: Pick<Resources, 'originEndpointByGuid' | 'appendEvent'>
  readonly account: Account
  readonly clock: Clock
}

/** Tells of switches. A store that fails is left alone for a while, longer each time. */
export class SwitchTeller {
  private readonly deps: SwitchDeps
  /** Channels that are not to be tried again before a moment. */
  private readonly pauses = new WeakMap<ChannelContent, { readonly ms: number; readonly until: number }>()

  constructor(deps: SwitchDeps) {
    this.deps = deps
  }

  /** Tells of what is recorded of the channel and not told of, now or at some later call. Rejects when it cannot. */
  async tell(content: ChannelContent): Promise<void> {
    if (!content.all().some(({ state }) => state.untold)) return
    const now = this.deps.clock()
    const pause = this.pauses.get(content)
    if (pause && now < pause.until) return
    try {
      await tellSwitches(content, this.deps)
      this.pauses.delete(content)
    } catch (error) {
      const ms = Math.min(2 * (pause?.ms ?? LEAST_PAUSE_MS / 2), MOST_PAUSE_MS)
      this.pauses.set(content, { ms, until: now + ms })
      throw error
    }
  }
}

/**
 * Writes the events of switches that are recorded and not told of. A crash on the way writes an event again, under the
 * same id.
 */
async function tellSwitches(content: ChannelContent, deps: SwitchDeps): Promise<void> {
  const toldAt = new Map(content.all().flatMap(({ state }) => Object.entries(state.toldAt ?? {})))
  for (const { outputTimeline, state } of content.all()) {
    const { untold = [] } = state
    if (untold.length === 0) continue
    const newest = Math.max(...untold.map(({ at }) => at))
    const recent = Object.entries(state.toldAt ?? {}).filter(([, at]) => newest - at < ONE_EVENT_MS)
    const told: Record<string, UtcMs> = Object.fromEntries(recent)
    for (const guid of await deps.segmentIndex.endpointsOf(outputTimeline.id)) {
      const endpoint = await deps.resources.originEndpointByGuid(guid)
      if (!endpoint) continue
      for (const one of untold) {
        if (one.at - (toldAt.get(guid) ?? -Infinity) < ONE_EVENT_MS) continue
        await deps.resources.appendEvent(inputSwitchEvent(endpoint, one, deps.account))
        toldAt.set(guid, one.at)
        told[guid] = one.at
      }
    }
    await content.remember(outputTimeline.id, ({ untold: all = [], ...rest }) => {
      const left = all.filter(({ at }) => !untold.some((one) => one.at === at))
      return { ...rest, toldAt: told, ...(left.length > 0 && { untold: left }) }
    })
  }
}

/** RFC 9562, 5.8: version 8, the bits of a digest. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
