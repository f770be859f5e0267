import type { Clock } from '../clock.ts'
import { PAUSES_TO_A_MINUTE_MS, pauseAfter } from '../concurrency/retry.ts'
import { digestUuid } from '../digest-uuid.ts'
import { type UtcMs, utcMs } from '../media/time.ts'
import { type Account, arnOf } from '../model/arn.ts'
import type { ServiceEvent } from '../model/event.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { InputSwitch } from '../model/output-timeline/state.ts'
import type { Resources } from '../stores/resources.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { ChannelContent } from './channel-content.ts'

/** The least time between two events of one endpoint, in milliseconds, however often its input switches. */
const ONE_EVENT_MS = 5 * 60_000

/**
 * The event that MediaPackage sends to EventBridge when an endpoint has switched inputs. It has the same id however
 * often it is made for one switch.
 */
export function inputSwitchEvent(
  endpoint: OriginEndpoint,
  { at, from, to }: InputSwitch,
  account: Account,
): ServiceEvent {
  return {
    id: digestUuid(`${endpoint.guid} ${at} ${from} ${to}`),
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
  readonly date: Clock
}

/** Writes the events of input switches. After a failure of the store it pauses, longer each time. */
export class SwitchNotifier {
  private readonly deps: SwitchDeps
  /** For each channel whose events could not be written: how often in a row, and when to try again. */
  private readonly pauses = new WeakMap<ChannelContent, { readonly failures: number; readonly until: number }>()

  constructor(deps: SwitchDeps) {
    this.deps = deps
  }

  /**
   * Writes the channel's pending events, or leaves them to a later call while the store fails. Rejects when it fails.
   */
  async notify(content: ChannelContent): Promise<void> {
    if (!content.state.outputs.all().some(({ state }) => state.pendingSwitches)) return
    const now = this.deps.clock()
    const pause = this.pauses.get(content)
    if (pause && now < pause.until) return
    try {
      await notifySwitches(content, this.deps)
      this.pauses.delete(content)
    } catch (error) {
      const failures = (pause?.failures ?? 0) + 1
      this.pauses.set(content, { failures, until: now + pauseAfter(PAUSES_TO_A_MINUTE_MS, failures) })
      throw error
    }
  }
}

/** Writes the events of the pending switches. After a crash an event may be written again, under the same id. */
async function notifySwitches(content: ChannelContent, deps: SwitchDeps): Promise<void> {
  const notifiedAt = new Map(content.state.outputs.all().flatMap(({ state }) => Object.entries(state.notifiedAt ?? {})))
  for (const { outputTimeline, state } of content.state.outputs.all()) {
    const { pendingSwitches = [] } = state
    if (pendingSwitches.length === 0) continue
    const newest = Math.max(...pendingSwitches.map(({ at }) => at))
    const recent = Object.entries(state.notifiedAt ?? {}).filter(([, at]) => newest - at < ONE_EVENT_MS)
    const notified: Record<string, UtcMs> = Object.fromEntries(recent)
    for (const guid of await deps.segmentIndex.endpointsOf(outputTimeline.id)) {
      const endpoint = await deps.resources.originEndpointByGuid(guid)
      if (!endpoint) continue
      for (const one of pendingSwitches) {
        if (one.at - (notifiedAt.get(guid) ?? -Infinity) < ONE_EVENT_MS) continue
        await deps.resources.appendEvent({ ...inputSwitchEvent(endpoint, one, deps.account), at: dateOf(one.at, deps) })
        notifiedAt.set(guid, one.at)
        notified[guid] = one.at
      }
    }
    await content.remember(outputTimeline.id, ({ pendingSwitches: all = [], ...rest }) => {
      const left = all.filter(({ at }) => !pendingSwitches.some((one) => one.at === at))
      return { ...rest, notifiedAt: notified, ...(left.length > 0 && { pendingSwitches: left }) }
    })
  }
}

/** The date at a moment of the clock by which switches are recorded. */
function dateOf(at: UtcMs, { clock, date }: SwitchDeps): UtcMs {
  return utcMs(date() - (clock() - at))
}
