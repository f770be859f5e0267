import { SingleFlight } from '../concurrency/single-flight.ts'
import type { Handler, Mount } from './handler.ts'
import { sendText } from './send-text.ts'

/** Resolves to what is not ready, one sentence each; to nothing when all is well. */
type ReadinessCheck = () => Promise<readonly string[]>

/**
 * Mounts `/healthz`, which says that the process answers, and `/readyz`, which says that it can do its work, or 503
 * with the reasons why not. Once `stopping` is aborted, that is the reason. A ready process also tells the `notes`:
 * what its operator should see to.
 */
export function healthMounts(
  check: ReadinessCheck,
  stopping?: AbortSignal,
  notes: () => readonly string[] = () => [],
): Mount[] {
  const reasons = async () => {
    if (stopping?.aborted) return ['the process is stopping']
    try {
      return await check()
    } catch {
      return ['the readiness check failed']
    }
  }
  return [
    exactly(
      '/healthz',
      async () => [],
      () => [],
    ),
    exactly('/readyz', reasons, notes),
  ]
}

/**
 * Names the services that do not answer. A service is asked once for all who ask meanwhile: anybody may ask, at any
 * rate.
 */
export function answering(services: Readonly<Record<string, () => Promise<unknown>>>): ReadinessCheck {
  const asking = new SingleFlight<readonly string[]>()
  return async () => {
    const reasons = Object.entries(services).map(([name, ask]) =>
      asking.run(name, async () => {
        try {
          await ask()
          return []
        } catch {
          return [`${name} does not answer`]
        }
      }),
    )
    return (await Promise.all(reasons)).flat()
  }
}

function exactly(path: string, check: ReadinessCheck, notes: () => readonly string[]): Mount {
  const handle: Handler = async (request, response, target) => {
    const uncached = { 'cache-control': 'no-store' }
    if (target.path !== path) return sendText(response, 404, 'no such page')
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return sendText(response, 405, 'only GET and HEAD are allowed', { allow: 'GET, HEAD' })
    }
    const reasons = await check()
    if (reasons.length > 0) return sendText(response, 503, reasons.join('\n'), uncached)
    sendText(response, 200, ['ok', ...notes()].join('\n'), uncached)
  }
  return { prefix: path, handle }
}
