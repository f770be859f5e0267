import type { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { boundedClient } from '../sdk-answers.ts'
import type { EventSink } from './sink.ts'

export type EventBridgeOptions = {
  /** Name or ARN of the event bus. */
  readonly bus: string
  readonly region: string
  /** Endpoint of EventBridge; when absent, that of AWS for the region. */
  readonly endpoint?: string
  /** Source of the events. AWS reserves sources that begin with `aws.` and refuses them from others. */
  readonly source: string
}

const TIMEOUT_MS = 10_000

/**
 * Makes a sink that puts each event on an EventBridge bus, with credentials from the default chain of the AWS SDK.
 */
export function eventBridgeSink({ bus, region, endpoint, source }: EventBridgeOptions): EventSink {
  let opening: Promise<{ sdk: typeof import('@aws-sdk/client-eventbridge'); client: EventBridgeClient }> | undefined

  /** Loads the SDK on first use. */
  async function open() {
    const sdk = await import('@aws-sdk/client-eventbridge')
    return { sdk, client: boundedClient(sdk.EventBridgeClient, { region, endpoint, timeoutMs: TIMEOUT_MS }) }
  }

  return {
    name: 'eventbridge',
    async deliver(event, signal) {
      opening ??= open()
      const { sdk, client } = await opening
      const entry = {
        EventBusName: bus,
        Source: source,
        Time: new Date(event.time),
        DetailType: event['detail-type'],
        Resources: [...event.resources],
        Detail: JSON.stringify(event.detail),
      }
      const { Entries = [] } = await client.send(new sdk.PutEventsCommand({ Entries: [entry] }), {
        abortSignal: signal,
      })
      const [answer] = Entries
      // The request succeeds even when its only entry fails.
      if (answer?.ErrorCode) throw new Error(`${bus} refuses it: ${answer.ErrorCode}, ${answer.ErrorMessage ?? ''}`)
      if (answer?.EventId === undefined)
        throw new Error(`what answers for ${bus} is not EventBridge: it gives no event id`)
    },
    close() {
      void opening?.then(({ client }) => client.destroy())
    },
  }
}
