import { settledWithin } from '../concurrency/settled-within.ts'
import type { Handler, Mount } from './handler.ts'
import { sendText } from './send-text.ts'

/** How long an answer of a service is waited for. */
const ASK_MS = 2000
/** A service that does not answer is away when it has not answered for that long: databases fail over in less. */
const AWAY_MS = 10_000

/** Resolves to what is not ready, one sentence each; to nothing when all is well. */
export type ReadinessCheck = () => Promise<readonly string[]>

/**
 * Mounts `/healthz`, which says that the process answers, and `/readyz`, which says that it can do its work, or 503
 * with the reasons why not. A ready process also tells the `notes`: what its operator should see to.
 */
export function healthMounts(check: ReadinessCheck, notes: () => readonly string[] = () => []): Mount[] {
  return [
    exactly(
      '/healthz',
      async () => [],
      () => [],
    ),
    exactly('/readyz', check, notes),
  ]
}

/** The same check until the process stops, which is the reason then. One that fails is a reason as well. */
export function unlessStopping(check: ReadinessCheck, stopping: AbortSignal): ReadinessCheck {
  return async () => {
    if (stopping.aborted) return ['the process is stopping']
    try {
      return await check()
    } catch {
      return ['the readiness check failed']
    }
  }
}

/**
 * Names the services that have not answered for `AWAY_MS` by a clock that nobody can set, or never yet. A service is
 * asked once for all who ask meanwhile, and not again before it has answered: anybody may ask, at any rate.
 */
export function answering(
  services: Readonly<Record<string, () => Promise<unknown>>>,
  monotonic: () => number,
): ReadinessCheck {
  const asked = Object.entries(services).map(([name, ask]) => ({ name, service: new Service(ask, monotonic) }))
  return async () => {
    const reasons = asked.map(async ({ name, service }) =>
      (await service.isThere()) ? [] : [`${name} does not answer`],
    )
    return (await Promise.all(reasons)).flat()
  }
}

class Service {
  private readonly ask: () => Promise<unknown>
  private readonly monotonic: () => number
  private asking: Promise<boolean> | undefined
  private answeredAt = Number.NEGATIVE_INFINITY

  constructor(ask: () => Promise<unknown>, monotonic: () => number) {
    this.ask = ask
    this.monotonic = monotonic
  }

  async isThere(): Promise<boolean> {
    this.asking ??= this.answers().finally(() => {
      this.asking = undefined
    })
    const answered = await settledWithin(ASK_MS, this.asking)
    return answered === true || this.monotonic() - this.answeredAt < AWAY_MS
  }

  private async answers(): Promise<boolean> {
    try {
      await this.ask()
    } catch {
      return false
    }
    this.answeredAt = this.monotonic()
    return true
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
