/** An HTTP client with Digest authentication (RFC 7616), written for the judges alone. */
import { createHash } from 'node:crypto'
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { pipeline } from 'node:stream/promises'

export type DigestHabits = {
  readonly algorithm?: 'MD5' | 'SHA-256'
  /** A connection for each request, whose sending half is closed as soon as the request is out. */
  readonly hangsUp?: boolean
}

export type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type Sending = {
  /** Chunks are sent chunked, bytes with their length. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>
  readonly headers?: Readonly<Record<string, string>>
  /** The body is kept back until the server has read the headers and asks for it. */
  readonly waitsToBeAsked?: boolean
}

type Challenge = { readonly realm: string; readonly nonce: string; readonly opaque?: string }

export class DigestClient {
  private readonly username: string
  private readonly password: string
  private readonly algorithm: 'MD5' | 'SHA-256'
  private readonly hangsUp: boolean
  private readonly agent: Agent
  private challenge: Challenge | undefined
  private count = 0

  constructor(username: string, password: string, { algorithm = 'SHA-256', hangsUp = false }: DigestHabits = {}) {
    this.username = username
    this.password = password
    this.algorithm = algorithm
    this.hangsUp = hangsUp
    this.agent = new Agent({ keepAlive: !hangsUp })
  }

  /** A second 401 is the answer; a first one is met with the credentials. Rejects when the connection breaks. */
  async send(method: string, url: string, sending: Sending = {}): Promise<Answer> {
    const answer = await this.try(method, url, sending)
    if (answer.status !== 401 || !this.learn(answer)) return answer
    return this.try(method, url, sending)
  }

  close(): void {
    this.agent.destroy()
  }

  private try(method: string, url: string, { body, headers = {}, waitsToBeAsked = false }: Sending): Promise<Answer> {
    return new Promise((resolve, reject) => {
      // Without credentials a server may answer before it reads: the body waits until it is asked for.
      const expects = body !== undefined && (waitsToBeAsked || !this.challenge)
      const { origin, path } = parts(url)
      const sent = request(origin, {
        method,
        path,
        agent: this.agent,
        headers: {
          ...(body instanceof Uint8Array && { 'Content-Length': `${body.length}` }),
          ...(expects && { Expect: '100-continue' }),
          ...(this.challenge && { Authorization: this.authorization(this.challenge, method, path) }),
          ...headers,
        },
      })
      sent.on('error', reject)
      if (this.hangsUp) sent.on('finish', () => sent.socket?.end())
      sent.on('response', (response) => {
        readAnswer(response).then(resolve, reject)
        // An answer before the body is sent ends the exchange.
        if (!sent.writableEnded) response.once('end', () => sent.destroy())
      })
      const write = () => {
        if (body === undefined || body instanceof Uint8Array) sent.end(body)
        else pipeline(body, sent).catch(reject)
      }
      if (expects) {
        sent.on('continue', write)
        sent.flushHeaders()
      } else write()
    })
  }

  private learn({ headers }: Answer): boolean {
    for (const challenge of (headers['www-authenticate'] ?? '').split(/(?:^|, )(?=Digest )/)) {
      const field = (name: string) => new RegExp(`[ ,]${name}="?([^",]*)`, 'i').exec(challenge)?.[1]
      const [realm, nonce, opaque] = [field('realm'), field('nonce'), field('opaque')]
      if (realm === undefined || nonce === undefined || (field('algorithm') ?? 'MD5') !== this.algorithm) continue
      if (field('stale') !== 'true' && this.challenge?.nonce === nonce) return false
      this.challenge = { realm, nonce, ...(opaque !== undefined && { opaque }) }
      this.count = 0
      return true
    }
    return false
  }

  private authorization({ realm, nonce, opaque }: Challenge, method: string, uri: string): string {
    const hash = (text: string) =>
      createHash(this.algorithm === 'MD5' ? 'md5' : 'sha256')
        .update(text)
        .digest('hex')
    this.count++
    const count = this.count.toString(16).padStart(8, '0')
    const secret = hash(`${this.username}:${realm}:${this.password}`)
    const response = hash(`${secret}:${nonce}:${count}:judge:auth:${hash(`${method}:${uri}`)}`)
    const who = `username="${this.username}", realm="${realm}", nonce="${nonce}", uri="${uri}"`
    const proof = `algorithm=${this.algorithm}, qop=auth, nc=${count}, cnonce="judge", response="${response}"`
    return `Digest ${who}, ${proof}${opaque === undefined ? '' : `, opaque="${opaque}"`}`
  }
}

/** Cut by hand: what a URL would tidy up is sent as it stands. */
function parts(url: string): { origin: string; path: string } {
  const [, origin, path] = /^(https?:\/\/[^/]+)(\/.*)$/s.exec(url) ?? []
  if (origin === undefined || path === undefined) throw new Error(`not an absolute URL: ${url}`)
  return { origin, path }
}

function readAnswer(response: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('error', reject)
    response.on('end', () => {
      resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks).toString() })
    })
  })
}
