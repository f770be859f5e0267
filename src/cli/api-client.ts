import { Sha256 } from '@smithy/core/checksum'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Access } from './access.ts'
import { CommandFailed } from './terminal.ts'

/** Thrown when a server does not answer; it may be starting. */
export class ServerAway extends CommandFailed {}

/** Thrown when a server refuses a request; the message is the server's. */
export class ApiRefused extends CommandFailed {
  /** Of HTTP. */
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export type ApiClient = {
  /**
   * The server's response as JSON. `path` is one of `/windrow/v1`, or with a slash before it one of MediaPackage's API.
   * Throws ApiRefused with the server's refusal, or ServerAway without a response.
   */
  ask(method: string, path: string, more?: More): Promise<unknown>
  /** As `ask` by GET, with the entity tag of what is described, where it has one. */
  described(path: string): Promise<{ readonly value: unknown; readonly etag: string | undefined }>
}

type More = {
  readonly query?: Query
  readonly body?: object
  /** The entity tag that what is changed must have: otherwise ApiRefused, with status 412. */
  readonly ifMatch?: string | undefined
}

type Query = Readonly<Record<string, string | undefined>>

/** Calls a server's APIs, signing each request. */
export function apiClient({ url, region, keys }: Access, now: () => number): ApiClient {
  const signer = new SignatureV4({ credentials: keys, region, service: 'mediapackage', sha256: Sha256 })
  const { protocol, hostname, port, host } = new URL(url)
  async function respond(method: string, path: string, { query = {}, body, ifMatch }: More): Promise<Response> {
    const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
    const pairs = Object.fromEntries(given) as Record<string, string>
    const request = {
      method,
      protocol,
      hostname,
      ...(port !== '' && { port: Number(port) }),
      path: path.startsWith('/') ? path : `/windrow/v1/${path}`,
      query: pairs,
      headers: { host, 'content-type': 'application/json', ...(ifMatch !== undefined && { 'if-match': ifMatch }) },
      ...(body && { body: JSON.stringify(body) }),
    }
    const { headers } = await signer.sign(request, { signingDate: new Date(now()) })
    const search = Object.entries(pairs).map((pair) => pair.map(encodeURIComponent).join('='))
    const target = `${url}${request.path}${search.length > 0 ? `?${search.join('&')}` : ''}`
    const { host: _, ...sent } = headers
    const init = { method, headers: sent, ...(request.body !== undefined && { body: request.body }) }
    return fetch(target, init).catch((error: Error & { cause?: { code?: string } }) => {
      throw new ServerAway(`${url} does not answer (${error.cause?.code ?? error.message})`)
    })
  }

  return {
    async ask(method, path, more = {}) {
      return answerOf(await respond(method, path, more), url)
    },
    async described(path) {
      const response = await respond('GET', path, {})
      return { value: await answerOf(response, url), etag: response.headers.get('etag') ?? undefined }
    },
  }
}

async function answerOf(response: Response, url: string): Promise<unknown> {
  const text = await response.text()
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new CommandFailed(`${url} answered ${response.status}, but not as Windrow does`)
  }
  if (response.ok) return json
  const { message } = json as { readonly message?: string }
  throw new ApiRefused(response.status, message ?? `${url} answered ${response.status}`)
}
