import type { Clock } from '../clock.ts'
import type { IngressObserver } from '../ingest/ingress.ts'
import type { UtcMs } from '../media/time.ts'
import type { Channel } from '../model/channel.ts'
import type { EgressObserver } from '../origin/egress.ts'
import { Lookups } from '../stores/lookups.ts'
import type { Resources } from '../stores/resources.ts'
import { AccessLines, type AccessLinesOptions } from './access-line.ts'
import type { DroppedLines } from './dropped-lines.ts'
import type { AccessLogSink } from './sink.ts'

const MOST_CHANNELS = 10_000
/** How long the log group of a channel is used without a look at the channel: a look takes longer than a line. */
const KNOWN_MS = 500

export type AccessLogOptions = AccessLinesOptions & {
  readonly resources: Pick<Resources, 'channelByGuid' | 'onChange'>
  readonly sink: AccessLogSink
  readonly dropped: DroppedLines
  readonly date: Clock
  readonly steady: Clock
}

/** Writes a line for every request of a player or an encoder whose channel has access logs of its kind switched on. */
export class AccessLog {
  private readonly options: AccessLogOptions
  private readonly lines: AccessLines
  private readonly channels: Lookups<Channel>
  /** By the GUID of their channel, what was found last. Replaced with every change of a channel. */
  private egressGroups = new Map<string, { readonly group: string | undefined; readonly at: UtcMs }>()
  private readonly stopListening: () => void

  constructor(options: AccessLogOptions) {
    this.options = options
    this.lines = new AccessLines(options)
    this.channels = new Lookups({ most: MOST_CHANNELS, clock: options.steady })
    this.stopListening = options.resources.onChange((change) => {
      if (change.kind === 'everything') this.channels.doubt()
      if (change.kind === 'channel') this.channels.forget(change.guid)
      if (change.kind === 'channel' || change.kind === 'everything') this.egressGroups = new Map()
    })
  }

  readonly egress: EgressObserver = (exchange, egress) => {
    const now = this.options.date()
    const { channelGuid } = egress.endpoint
    const write = (group: string | undefined) => {
      if (group !== undefined) this.options.sink.write(group, this.lines.ofEgress(exchange, egress, now))
    }
    const known = this.egressGroups.get(channelGuid)
    if (known && Math.abs(now - known.at) < KNOWN_MS) write(known.group)
    else {
      this.egressGroup(channelGuid, now)
        .then(write)
        .catch((error: unknown) => this.options.dropped.count(1, error))
    }
  }

  readonly ingress: IngressObserver = (exchange, ingress) => {
    const group = ingress.channel.ingressAccessLogs?.logGroupName
    if (group === undefined) return
    this.options.sink.write(group, this.lines.ofIngress(exchange, ingress, this.options.date()))
  }

  reopen(): Promise<void> {
    return this.options.sink.reopen()
  }

  /** The log group of a channel's requests of players, which is remembered for a moment, until a channel changes. */
  private async egressGroup(channelGuid: string, at: UtcMs): Promise<string | undefined> {
    const { egressGroups } = this
    const channel = await this.channels.find(channelGuid, () => this.options.resources.channelByGuid(channelGuid))
    const group = channel?.egressAccessLogs?.logGroupName
    egressGroups.set(channelGuid, { group, at })
    return group
  }

  /** Writes what is pending. */
  async close(): Promise<void> {
    this.stopListening()
    await this.options.sink.close()
    this.options.dropped.flush()
  }
}
