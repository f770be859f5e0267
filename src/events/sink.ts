import type { EventEnvelope } from '../model/event.ts'

/** A destination of events. */
export type EventSink = {
  /** The name under which the sink's position among the events is stored. */
  readonly name: string
  /**
   * Resolves when the receiver has the event, which may be delivered again. Rejects with one sentence for the log.
   */
  deliver(event: EventEnvelope, signal: AbortSignal): Promise<void>
  close(): void
}
