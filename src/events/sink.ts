import type { EventEnvelope } from '../model/event.ts'

/** Where events are told. */
export type EventSink = {
  /** Its place in the stream of events is kept under this name. */
  readonly name: string
  /** Resolves when the other side has it; the same event may come again. Rejects with one sentence for the log. */
  deliver(event: EventEnvelope, signal: AbortSignal): Promise<void>
  close(): void
}
