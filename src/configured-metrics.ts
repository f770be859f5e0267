import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Config } from './config/config.ts'
import type { Address } from './config/value-kind.ts'
import { acceptsGzip } from './http/accepts-gzip.ts'
import type { Mount } from './http/handler.ts'
import type { Listeners } from './http/listeners.ts'
import { sendText } from './http/send-text.ts'
import type { Log } from './log.ts'
import type { KeptMetrics } from './prometheus-metrics.ts'

const PATH = '/metrics'
const SCHEME = 'bearer '

/** Where metrics are read unless the settings say it: the port that exporters of OpenTelemetry use. */
const DEFAULT_ADDRESS: Address = { host: '127.0.0.1', port: 9464 }
/** The least length of a text that is worth its compression. */
const LEAST_GZIPPED = 4096
/** Lines differ in their ends alone: more work would save little. */
const GZIP_LEVEL = 1

const gzipped = promisify<string, { level: number }, Buffer>(gzip)

type Settings = Pick<Config, 'metricsListen' | 'metricsToken'>

/**
 * Opens the listener of `/metrics`, unless the settings have none. Where they do not say an address, several servers on
 * one machine are no error: the first has the default.
 */
export async function openMetricsListener(
  { metricsListen, metricsToken }: Settings,
  { metrics, listeners, log }: { metrics: KeptMetrics; listeners: Pick<Listeners, 'open'>; log: Log },
): Promise<void> {
  if (metricsListen === 'none') return
  const mounts = [metricsMount(metrics, metricsToken)]
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

function metricsMount(metrics: KeptMetrics, token: string | undefined): Mount {
  const isAdmitted = token === undefined ? () => true : bearerOf(token)
  return {
    prefix: PATH,
    async handle(request, response, target) {
      if (target.path !== PATH) return sendText(response, 404, 'no such page')
      if (!isAdmitted(request.headers.authorization)) {
        return sendText(response, 401, 'metrics are read with the bearer token', { 'www-authenticate': 'Bearer' })
      }
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        return sendText(response, 405, 'only GET and HEAD are allowed', { allow: 'GET, HEAD' })
      }
      await sendMetrics(request, response, metrics)
    },
  }
}

async function sendMetrics(request: IncomingMessage, response: ServerResponse, metrics: KeptMetrics): Promise<void> {
  const text = await metrics.text()
  const headers = { 'content-type': metrics.contentType, 'cache-control': 'no-store' }
  if (text.length < LEAST_GZIPPED || !acceptsGzip(request.headers['accept-encoding'])) {
    response.writeHead(200, headers).end(text)
    return
  }
  const body = await gzipped(text, { level: GZIP_LEVEL })
  response.writeHead(200, { ...headers, 'content-encoding': 'gzip', 'content-length': body.length }).end(body)
}

/** Tells the header of a request with the token from others, in a time that says nothing of the token. */
function bearerOf(token: string): (authorization: string | undefined) => boolean {
  const key = randomBytes(32)
  const digest = (text: string) => createHmac('sha256', key).update(text).digest()
  const expected = digest(token)
  return (authorization = '') => {
    const isBearer = authorization.slice(0, SCHEME.length).toLowerCase() === SCHEME
    return timingSafeEqual(digest(isBearer ? authorization.slice(SCHEME.length).trim() : ''), expected)
  }
}
