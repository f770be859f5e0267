import { createHash } from 'node:crypto'
import type { UtcMs } from '../media/time.ts'
import { type Account, arnOf } from '../model/arn.ts'
import type { ServiceEvent } from '../model/event.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { InputSwitch } from '../model/timeline/numbering-state.ts'
import type { Resources } from '../stores/resources.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { ChannelContent } from './channel-content.ts'

/** An endpoint's switches are told of once in so long, however often it switches. */
const ONE_EVENT_MS = 5 * 60_000

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

/**
 * Writes the events of switches that are recorded and not told of. A crash on the way writes an event again, under the
 * same id.
 */
export async function tellSwitches(
  content: ChannelContent,
  host: {
    readonly segmentIndex: Pick<SegmentIndex, 'endpointsOf'>
    readonly resources: Pick<Resources, 'originEndpointByGuid' | 'appendEvent'>
    readonly account: Account
  },
): Promise<void> {
  const toldAt = new Map(content.all().flatMap(({ state }) => Object.entries(state.toldAt ?? {})))
  for (const { numbering, state } of content.all()) {
    const { untold = [] } = state
    if (untold.length === 0) continue
    const newest = Math.max(...untold.map(({ at }) => at))
    const recent = Object.entries(state.toldAt ?? {}).filter(([, at]) => newest - at < ONE_EVENT_MS)
    const told: Record<string, UtcMs> = Object.fromEntries(recent)
    for (const guid of await host.segmentIndex.endpointsOf(numbering.id)) {
      const endpoint = await host.resources.originEndpointByGuid(guid)
      if (!endpoint) continue
      for (const one of untold) {
        if (one.at - (toldAt.get(guid) ?? -Infinity) < ONE_EVENT_MS) continue
        await host.resources.appendEvent(inputSwitchEvent(endpoint, one, host.account))
        toldAt.set(guid, one.at)
        told[guid] = one.at
      }
    }
    await content.remember(numbering.id, ({ untold: all = [], ...rest }) => {
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
