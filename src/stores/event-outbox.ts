import type { UtcMs } from '../media/time.ts'
import type { ServiceEvent } from '../model/event.ts'
import type { Page, PageRequest } from './pages.ts'

/** An event as listed. `cursor` is where a listing goes on after it. */
export type RecordedEvent = ServiceEvent & { readonly cursor: string }

/**
 * Part of the port Resources: events in the order they were written, and how far each sink has been told of them. An
 * event never becomes visible before one that is already listed: a sink that goes on after its cursor misses nothing.
 */
export type EventOutbox = {
  /** Does nothing when an event with that id is there. */
  appendEvent(event: ServiceEvent): Promise<void>
  listEvents(page: PageRequest): Promise<Page<RecordedEvent>>

  /**
   * Takes the sink for `leaseMs`: one deliverer at a time. `after` is the cursor of the last event delivered; a sink
   * never claimed before begins after the newest event. Undefined while another owner's lease lasts; an owner may claim
   * its own sink again.
   */
  claimEventSink(claim: {
    sink: string
    owner: string
    now: UtcMs
    leaseMs: number
  }): Promise<{ readonly fence: number; readonly after: string } | undefined>
  /** Moves the cursor and renews the lease. Lost: another has the sink, or its cursor was moved back. */
  advanceEventSink(
    claim: { sink: string; fence: number },
    progress: { after: string; now: UtcMs; leaseMs: number },
  ): Promise<'kept' | 'lost'>
  /** Tells the sink again everything after `after`; whoever delivers loses its claim. False: nobody knows the sink. */
  rewindEventSink(sink: string, after: string): Promise<boolean>
}
