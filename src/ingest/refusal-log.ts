import type { FaultLog } from '../http/fault-log.ts'
import type { LogEvent, LogFields } from '../log.ts'
import type { InputRef } from '../model/input-ref.ts'
import { StoreUnavailable } from '../stores/resources.ts'
import type { Refusal } from './refusal.ts'

/** A refused request, as far as it could be read. */
export type RefusedRequest = {
  readonly requestId: string
  readonly method: string
  readonly address: string
  /** The ingest endpoint that the path names; the sender may be anyone. */
  readonly ingest?: InputRef
  readonly name?: string
  readonly isAuthenticated: boolean
}

const MESSAGES: Partial<Record<LogEvent, string>> = {
  'ingest-credentials-wrong': 'wrong ingest credentials',
  'ingest-storage-failed': 'a body could not be stored',
  'playlist-refused': 'refused a playlist',
  'store-unavailable': 'the store could not serve a request',
}

/**
 * Logs refusals with their codes, rate-limited: for each code, one line a second for each channel, or for each
 * address of unauthenticated clients; for errors of the server, one line a second in total.
 */
export class RefusalLog {
  private readonly faults: FaultLog

  constructor(faults: FaultLog) {
    this.faults = faults
  }

  report(refusal: Refusal, { requestId, ingest, name, method, address, isAuthenticated }: RefusedRequest): void {
    const { code, event, values, message, cause } = refusal
    if (!event) return
    const about: LogFields = {
      event,
      requestId,
      code,
      ...ingest,
      ...(name !== undefined && { name }),
      method,
      ...(!isAuthenticated && { address }),
      ...values,
      ...reasonOf(cause, message),
    }
    const who = isAuthenticated && ingest ? ingest.channelGuid : address
    this.faults.report(refusal.status >= 500 ? event : `${event} ${code} ${who}`, about, MESSAGES[event] ?? 'refused')
  }
}

/** Log fields with the reason, without a stack trace when the reason is only that the store is unavailable. */
function reasonOf(cause: unknown, message: string): { readonly reason: string } | { readonly error: unknown } {
  if (cause instanceof StoreUnavailable) return { reason: cause.message }
  return cause === undefined ? { reason: message } : { error: cause }
}
