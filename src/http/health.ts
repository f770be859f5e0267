import type { Handler, Mount } from './handler.ts'
import { sendText } from './send-text.ts'

/** Names what is not ready, one sentence each; nothing when all is well. */
type ReadinessCheck = () => Promise<readonly string[]>

/** `/healthz`: the process answers. `/readyz`: it can do its work; 503 with the reasons when it cannot. */
export function healthMounts(check: ReadinessCheck): Mount[] {
  return [
    exactly('/healthz', async () => []),
    exactly('/readyz', async () => {
      try {
        return await check()
      } catch {
        return ['the readiness check failed']
      }
    }),
  ]
}

function exactly(path: string, check: ReadinessCheck): Mount {
  const handle: Handler = async (request, response, target) => {
    const uncached = { 'cache-control': 'no-store' }
    if (target.path !== path) return sendText(response, 404, 'no such page')
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return sendText(response, 405, 'only GET and HEAD', { allow: 'GET, HEAD' })
    }
    const reasons = await check()
    sendText(response, reasons.length === 0 ? 200 : 503, reasons.join('\n') || 'ok', uncached)
  }
  return { prefix: path, handle }
}
