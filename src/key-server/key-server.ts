import type { KeyObject } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../clock.ts'
import type { Turns } from '../concurrency/turns.ts'
import { authenticate, type Expected, SignatureError } from '../control/sigv4.ts'
import type { Exchange } from '../http/exchange.ts'
import { FaultLog } from '../http/fault-log.ts'
import type { Handler, Mount, Target } from '../http/handler.ts'
import { BodyTooLong, readBody } from '../http/read-body.ts'
import { sendText } from '../http/send-text.ts'
import { MalformedXml, readXml } from '../keys/xml-reader.ts'
import type { Log } from '../log.ts'
import { clearKeyLicence, MalformedLicenceRequest } from './clear-key-licence.ts'
import { derivedKey, readKid } from './derived-keys.ts'
import { answerTo, type KeyServerKeys } from './speke-answer.ts'
import { SpekeRefusal } from './speke-refusal.ts'

/** Where requests of SPEKE are posted. */
export const SPEKE_PATH = '/windrow/v1/keys/speke'
const PREFIX = '/windrow/v1/keys/'
const LICENCE_PATH = `${PREFIX}clearkey`

const MOST_SPEKE_BYTES = 1 << 20
const MOST_LICENCE_BYTES = 16 * 1024

/** Players are on pages from anywhere. */
const CORS = { 'access-control-allow-origin': '*' }
const AGENT = 'Windrow key server'

export type KeyServerDeps = {
  /** What all keys follow from. */
  readonly secret: KeyObject
  /** The key pair, region, service and time by which signatures of SPEKE requests are checked. */
  readonly expected: () => Expected
  /** The URL at which players reach the server, without a slash at its end; called for each request. */
  readonly url: () => string
  readonly turns: Turns
  /** The steady clock. */
  readonly clock: Clock
  readonly log: Log
}

/** A reason to refuse a request, thrown as its answer. */
class Refused extends Error {
  override readonly name = 'Refused'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, sentence: string, headers: Readonly<Record<string, string>> = {}) {
    super(sentence)
    this.status = status
    this.headers = headers
  }
}

/**
 * A key server for trying out encryption: it answers signed requests of SPEKE, and gives every key to everybody who
 * names its KID. Keys follow from the KID and the secret, so that servers with the same secret agree.
 */
export function createKeyServer({ secret, expected, url, turns, clock, log }: KeyServerDeps): readonly Mount[] {
  const refusals = new FaultLog(log, clock, 'info')
  const keys: KeyServerKeys = {
    keyOf: (kid) => derivedKey(secret, kid),
    keyUrl: (kid) => `${url()}${PREFIX}${kid}`,
    get licenceUrl() {
      return `${url()}${LICENCE_PATH}`
    },
  }

  async function speke(exchange: Exchange<IncomingMessage>, response: ServerResponse, target: Target): Promise<void> {
    const { request, requestId } = exchange
    allow(request, 'POST')
    const body = await authenticate(request, target, expected(), () => readBody(request, MOST_SPEKE_BYTES))
    const document = await turns.run('key server', readXml(body))
    const answer = answerTo(document, onlyHeader(request, 'x-speke-version'), keys)
    const bytes = Buffer.from(answer.text)
    const { version, kids: keyIds } = answer
    log.info({ event: 'key-server-answer', requestId, version, keyIds }, 'the key server gave keys')
    response.writeHead(200, {
      'content-type': 'application/xml',
      'content-length': bytes.length,
      'cache-control': 'no-store',
      ...(version === '2.0'
        ? { 'x-speke-version': '2.0', 'x-speke-user-agent': AGENT }
        : { 'speke-user-agent': AGENT }),
    })
    response.end(bytes)
  }

  async function licence(request: IncomingMessage, response: ServerResponse): Promise<void> {
    allow(request, 'POST')
    const body = await readBody(request, MOST_LICENCE_BYTES)
    send(response, 'application/json', Buffer.from(clearKeyLicence(body, keys.keyOf)))
  }

  async function key(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    const kid = readKid(name)
    if (kid === undefined) throw new Refused(404, 'There is no such key: its KID must be a UUID.')
    allow(request, 'GET', 'HEAD')
    send(response, 'application/octet-stream', keys.keyOf(kid), request.method === 'HEAD')
  }

  const refusing =
    (answer: Handler): Handler =>
    async (request, response, target, exchange) => {
      await answer(request, response, target, exchange).catch((error: unknown) => {
        // A client that disconnected in the middle of its body is handled by the listener.
        if (request.errored) throw error
        const { status, message, headers } = refusalOf(error)
        const fields = {
          event: 'key-server-refusal',
          requestId: exchange.requestId,
          status,
          path: target.path.slice(0, 100),
          reason: message,
        } as const
        refusals.report(`${status} ${message}`, fields, 'the key server refused a request')
        sendText(response, status, message, { ...CORS, 'cache-control': 'no-store', ...headers })
      })
    }

  return [
    {
      prefix: SPEKE_PATH,
      handle: refusing(async (request, response, target, exchange) => {
        if (target.path !== SPEKE_PATH) return key(request, response, target.path.slice(PREFIX.length))
        await speke(exchange, response, target)
      }),
    },
    {
      prefix: PREFIX,
      handle: refusing(async (request, response, { path }) => {
        if (request.method === 'OPTIONS') return preflight(response)
        if (path === LICENCE_PATH) await licence(request, response)
        else await key(request, response, path.slice(PREFIX.length))
      }),
      async handleFull(_, response) {
        sendText(response, 503, 'There are too many connections.', { ...CORS, 'retry-after': '5' })
      },
    },
  ]
}

function refusalOf(error: unknown): Refused {
  if (error instanceof Refused) return error
  if (error instanceof SignatureError) return new Refused(403, error.message)
  if (error instanceof BodyTooLong) return new Refused(413, `The body is longer than ${error.limit} bytes.`)
  if (error instanceof MalformedXml) return new Refused(400, `The document ${error.message}.`)
  if (error instanceof SpekeRefusal) return new Refused(422, error.message)
  if (error instanceof MalformedLicenceRequest) return new Refused(400, error.message)
  throw error
}

/** Throws Refused for other methods. */
function allow({ method = '' }: IncomingMessage, ...methods: readonly string[]): void {
  if (!methods.includes(method)) {
    const all = methods.join(', ')
    throw new Refused(405, `Only ${all} ${methods.length === 1 ? 'is' : 'are'} allowed.`, { allow: all })
  }
}

function preflight(response: ServerResponse): void {
  response.writeHead(204, {
    ...CORS,
    'access-control-allow-methods': 'GET,HEAD,POST',
    'access-control-allow-headers': '*',
    'access-control-max-age': '3600',
  })
  response.end()
}

function send(response: ServerResponse, type: string, bytes: Buffer, isHead = false): void {
  response.writeHead(200, {
    ...CORS,
    'content-type': type,
    'content-length': bytes.length,
    'cache-control': 'no-store',
  })
  response.end(isHead ? undefined : bytes)
}

function onlyHeader(request: IncomingMessage, name: string): string | undefined {
  const values = request.headersDistinct[name] ?? []
  if (values.length > 1) throw new Refused(400, `The header ${name} must be given only once.`)
  return values[0]
}
