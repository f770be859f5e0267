import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { eventBridgeSink } from './event-bridge-sink.ts'
import { logSink } from './log-sink.ts'
import type { EventSink } from './sink.ts'
import { webhookSink } from './webhook-sink.ts'

/** The settings that determine the sinks. */
export type SinkSettings = {
  readonly region: string
  readonly webhookUrl: string | undefined
  readonly webhookSecret: string | undefined
  readonly eventBridgeBus: string | undefined
  readonly eventBridgeEndpoint: string | undefined
  readonly eventBridgeSource: string
}

export function eventSinks(settings: SinkSettings, { clock, log }: { clock: Clock; log: Log }): readonly EventSink[] {
  const {
    region,
    webhookUrl: url,
    webhookSecret: secret,
    eventBridgeBus: bus,
    eventBridgeEndpoint: endpoint,
  } = settings
  const source = settings.eventBridgeSource
  return [
    logSink(log),
    ...(url !== undefined && secret !== undefined ? [webhookSink({ url, secret, clock })] : []),
    ...(bus === undefined
      ? []
      : [eventBridgeSink({ bus, region, source, ...(endpoint !== undefined && { endpoint }) })]),
  ]
}
