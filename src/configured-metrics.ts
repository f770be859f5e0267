import type { Config } from './config/config.ts'
import type { Address } from './config/value-kind.ts'
import type { Mount } from './http/handler.ts'
import type { Listeners } from './http/listeners.ts'
import { sendText } from './http/send-text.ts'
import type { Log } from './log.ts'
import type { KeptMetrics } from './prometheus-metrics.ts'

const PATH = '/metrics'

/** Where metrics are read unless the settings say it: the port that exporters of OpenTelemetry use. */
const DEFAULT_ADDRESS: Address = { host: '127.0.0.1', port: 9464 }

/**
 * Opens the listener of `/metrics`, unless the settings have none. Where they do not say an address, several servers on
 * one machine are no error: the first has the default.
 */
export async function openMetricsListener(
  { metricsListen }: Pick<Config, 'metricsListen'>,
  { metrics, listeners, log }: { metrics: KeptMetrics; listeners: Listeners; log: Log },
): Promise<void> {
  if (metricsListen === 'none') return
  const mounts = [metricsMount(metrics)]
  if (metricsListen) {
    await listeners.open('metrics', metricsListen, mounts)
    return
  }
  await listeners.open('metrics', DEFAULT_ADDRESS, mounts).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error
    log.warn(
      { event: 'metrics-not-served', port: DEFAULT_ADDRESS.port },
      'metrics are not served, since their port is in use: set metrics-listen',
    )
  })
}

function metricsMount(metrics: KeptMetrics): Mount {
  return {
    prefix: PATH,
    async handle({ method }, response, target) {
      if (target.path !== PATH) return sendText(response, 404, 'no such page')
      if (method !== 'GET' && method !== 'HEAD') {
        return sendText(response, 405, 'only GET and HEAD are allowed', { allow: 'GET, HEAD' })
      }
      const text = await metrics.text()
      response.writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' }).end(text)
    },
  }
}
