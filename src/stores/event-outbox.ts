import type { UtcMs } from '../media/time.ts'
import type { ServiceEvent } from '../model/event.ts'
import type { OrderedPageRequest, Page } from './pages.ts'

/** An event as listed; a listing continues after it from `cursor`. */
export type RecordedEvent = ServiceEvent & { readonly cursor: string }

/**
 * Part of the port Resources: events in the order they were written, and the position of each sink. An event never
 * becomes visible before one that is already listed, so a sink that continues after its cursor misses nothing.
 */
export type EventOutbox = {
  /** Appends an event; does nothing when there is one with its id. */
  appendEvent(event: ServiceEvent): Promise<void>
  listEvents(page: OrderedPageRequest): Promise<Page<RecordedEvent>>

  /**
   * Claims the sink for `leaseMs`: one deliverer at a time. `after` is the cursor of the last event delivered; a sink
   * never claimed before starts after the newest event. Undefined while another owner's lease lasts; an owner may
   * claim its own sink again. `now` is by the steady clock that all processes share, which leases go by; `date` tells
   * when a lease expires that an older release has dated, and is `now` when absent.
   */
  claimEventSink(claim: {
    sink: string
    owner: string
    now: UtcMs
    date?: UtcMs
    leaseMs: number
  }): Promise<{ readonly fence: number; readonly after: string } | undefined>
  /** Moves the cursor and renews the lease. 'lost': another owner has the sink, or its cursor was moved back. */
  advanceEventSink(
    claim: { sink: string; fence: number },
    progress: { after: string; now: UtcMs; leaseMs: number },
  ): Promise<'kept' | 'lost'>
  /**
   * Moves a sink's cursor back to `after`, so that later events are delivered again; the current deliverer loses its
   * claim. False when the sink is unknown.
   */
  rewindEventSink(sink: string, after: string): Promise<boolean>
}
