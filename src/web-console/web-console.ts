import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { acceptsCoding } from '../http/accepts-coding.ts'
import { acceptsGzip } from '../http/accepts-gzip.ts'
import type { Mount, Target } from '../http/handler.ts'
import { matchesNone } from '../http/request-headers.ts'
import { sendText } from '../http/send-text.ts'
import { contentPolicy } from './content-policy.ts'
import type { Site, SiteFile } from './site-files.ts'

const PREFIX = '/console/'
const PAGE = 'index.html'
/** Names of files in here have a digest of their bytes: what is once fetched stays right. */
const HASHED = 'assets/'
const CONFIG = 'config.json'

const FOR_YEARS = 'public, max-age=31536000, immutable'
/** May be kept, and is asked for again each time. */
const REVALIDATED = 'no-cache'

export type WebConsoleDeps = {
  /** Undefined where the console was not built; called for each request, and gives nothing where it cannot be read. */
  readonly site: (() => Promise<Site | undefined>) | undefined
  readonly region: string
  readonly version: string
  /** URLs that players of the console fetch from; called for each page. */
  readonly playback: () => readonly string[]
  /** Sources of CSP where finished assets are. */
  readonly buckets: readonly string[]
}

/**
 * The mounts of an API, with the console at `/console/` beside them: files of the site, `config.json`, and for any
 * other path the page, whose script shows what the path names. Browsers that ask for `/` are led there.
 */
export function withWebConsole(api: readonly Mount[], deps: WebConsoleDeps): readonly Mount[] {
  return [...api.map((mount) => (mount.prefix === '/' ? leadingThere(mount, deps) : mount)), consoleMount(deps)]
}

function leadingThere(mount: Mount, { site }: Pick<WebConsoleDeps, 'site'>): Mount {
  return {
    ...mount,
    async handle(request, response, target, exchange) {
      const { path } = target
      const leads = path === PREFIX.slice(0, -1) || (path === '/' && site !== undefined && isForBrowser(request))
      if (!leads || !isRead(request)) return mount.handle(request, response, target, exchange)
      sendText(response, 302, '', { location: PREFIX, 'cache-control': REVALIDATED })
    },
  }
}

const isRead = ({ method }: IncomingMessage) => method === 'GET' || method === 'HEAD'

/** Clients of APIs ask for anything, or for JSON. */
const isForBrowser = ({ headers }: IncomingMessage) => /\btext\/html\b/i.test(headers.accept ?? '')

function consoleMount(deps: WebConsoleDeps): Mount {
  const { site, region, version } = deps
  const config = JSON.stringify({ region, version })
  return {
    prefix: PREFIX,
    cacheable: true,
    async handle(request, response, target) {
      if (!isRead(request)) return sendText(response, 405, 'only GET and HEAD are allowed', { allow: 'GET, HEAD' })
      const files = await site?.()
      const page = files?.get(PAGE)
      if (!files || !page) return sendText(response, 404, 'the console was not built: run "npm run build"')
      const name = nameIn(target)
      if (name === CONFIG) return sendConfig(response, config)
      const file = files.get(name)
      if (file && file !== page) return send(request, response, file, headersOf(name, deps))
      if (!file && name.includes('.')) return sendText(response, 404, 'no such file', { 'cache-control': REVALIDATED })
      send(request, response, page, headersOf(PAGE, deps))
    },
  }
}

/** Paths are compared as they are sent: no file has a name that is encoded in URLs. */
const nameIn = ({ path }: Target): string => path.slice(PREFIX.length)

function headersOf(name: string, { playback, buckets }: WebConsoleDeps): OutgoingHttpHeaders {
  const safe = { 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' }
  if (name.startsWith(HASHED)) return { ...safe, 'cache-control': FOR_YEARS }
  return {
    ...safe,
    'cache-control': REVALIDATED,
    // Files of images are documents as well, where somebody opens them.
    'content-security-policy': contentPolicy({ playback: playback().map(originOf), buckets }),
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
  }
}

const originOf = (url: string): string => URL.parse(url)?.origin ?? ''

function sendConfig(response: ServerResponse, config: string): void {
  response
    .writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(config),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    .end(config)
}

function send(request: IncomingMessage, response: ServerResponse, file: SiteFile, headers: OutgoingHttpHeaders): void {
  const [coding, bytes] = encodingFor(request.headers['accept-encoding'], file)
  const varies = file.br || file.gzip ? { vary: 'accept-encoding' } : {}
  // The digest stands for the bytes that are sent, RFC 9110 §8.8.3.3.
  const etag = `"${file.digest}${coding === undefined ? '' : `-${coding}`}"`
  const common = { ...headers, ...varies, etag }
  if (matchesNone(request.headers['if-none-match'], etag)) {
    response.writeHead(304, common).end()
    return
  }
  response
    .writeHead(200, {
      ...common,
      'content-type': file.type,
      'content-length': bytes.length,
      ...(coding !== undefined && { 'content-encoding': coding }),
    })
    .end(bytes)
}

function encodingFor(
  accepted: string | undefined,
  { plain, br, gzip }: SiteFile,
): readonly [string | undefined, Buffer] {
  if (br && acceptsCoding(accepted, ['br'])) return ['br', br]
  if (gzip && acceptsGzip(accepted)) return ['gzip', gzip]
  return [undefined, plain]
}
