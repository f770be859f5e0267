import { createHmac } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { withinTime } from '../concurrency/unless-aborted.ts'
import type { EventSink } from './sink.ts'

const TIMEOUT_MS = 10_000

type FetchError = Error & { readonly cause?: Error & { readonly code?: string } }

/**
 * Makes a sink that posts each event as JSON. The receiver checks `x-windrow-signature`: `sha256=` and the
 * HMAC-SHA256, in hexadecimal, of `x-windrow-timestamp` (seconds since 1970), a dot and the body. Any 2xx status
 * accepts the event.
 */
export function webhookSink({ url, secret, clock }: { url: string; secret: string; clock: Clock }): EventSink {
  // Path and query may hold a secret, and reasons are logged.
  const { origin } = new URL(url)
  return {
    name: 'webhook',
    async deliver(event, ending) {
      const body = JSON.stringify(event)
      const timestamp = Math.floor(clock() / 1000)
      const hmac = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
      const request: RequestInit = {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'windrow',
          'x-windrow-event-id': event.id,
          'x-windrow-timestamp': `${timestamp}`,
          'x-windrow-signature': `sha256=${hmac}`,
        },
        body,
        // A redirect would send the event to a server that nobody configured.
        redirect: 'manual',
      }
      const requested = (signal: AbortSignal) => fetch(url, { ...request, signal })
      const response = await withinTime(TIMEOUT_MS, ending, requested).catch((error: FetchError) => {
        throw new Error(`${origin} does not answer (${error.cause?.code ?? error.cause?.message ?? error.name})`, {
          cause: error,
        })
      })
      await response.body?.cancel()
      if (!response.ok) throw new Error(`${origin} answered ${response.status}`)
    },
    close() {},
  }
}
