import type { Clock } from '../clock.ts'
import type { IngressObserver } from '../ingest/ingress.ts'
import type { Channel } from '../model/channel.ts'
import type { EgressObserver } from '../origin/egress.ts'
import { Lookups } from '../stores/lookups.ts'
import type { Resources } from '../stores/resources.ts'
import { AccessLines, type AccessLinesOptions } from './access-line.ts'
import type { DroppedLines } from './dropped-lines.ts'
import type { AccessLogSink } from './sink.ts'

const MOST_CHANNELS = 10_000

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
  private readonly stopListening: () => void

  constructor(options: AccessLogOptions) {
    this.options = options
    this.lines = new AccessLines(options)
    this.channels = new Lookups({ most: MOST_CHANNELS, clock: options.steady })
    this.stopListening = options.resources.onChange((change) => {
      if (change.kind === 'everything') this.channels.doubt()
      if (change.kind === 'channel') this.channels.forget(change.guid)
    })
  }

  readonly egress: EgressObserver = (exchange, egress) => {
    const now = this.options.date()
    const { channelGuid } = egress.endpoint
    this.channels
      .find(channelGuid, () => this.options.resources.channelByGuid(channelGuid))
      .then((channel) => {
        const group = channel?.egressAccessLogs?.logGroupName
        if (group !== undefined) this.options.sink.write(group, this.lines.ofEgress(exchange, egress, now))
      })
      .catch((error: unknown) => this.options.dropped.count(1, error))
  }

  readonly ingress: IngressObserver = (exchange, ingress) => {
    const group = ingress.channel.ingressAccessLogs?.logGroupName
    if (group === undefined) return
    this.options.sink.write(group, this.lines.ofIngress(exchange, ingress, this.options.date()))
  }

  reopen(): Promise<void> {
    return this.options.sink.reopen()
  }

  /** Writes what is pending. */
  async close(): Promise<void> {
    this.stopListening()
    await this.options.sink.close()
    this.options.dropped.flush()
  }
}
