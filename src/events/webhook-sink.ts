import { createHmac } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { EventSink } from './sink.ts'

const TIMEOUT_MS = 10_000

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
    async deliver(event, signal) {
      const body = JSON.stringify(event)
      const timestamp = Math.floor(clock() / 1000)
      const hmac = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
      const response = await fetch(url, {
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
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      }).catch((error: Error & { readonly cause?: Error & { readonly code?: string } }) => {
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
