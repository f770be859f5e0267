import { createHash, randomBytes } from 'node:crypto'

type Challenge = { readonly realm: string; readonly nonce: string; readonly opaque?: string; readonly sha256: boolean }

/** An HTTP client with Digest authentication (RFC 7616), as an encoder brings it. */
export class DigestClient {
  private readonly username: string
  private readonly password: string
  private challenge: Challenge | undefined
  private uses = 0

  constructor(username: string, password: string) {
    this.username = username
    this.password = password
  }

  /** Throws when the server does not take it. */
  async send(method: 'PUT' | 'DELETE', url: string, contentType?: string, body?: string | Uint8Array<ArrayBuffer>) {
    let response = await this.try(method, url, contentType, body)
    if (response.status === 401) {
      this.challenge = readChallenge(response.headers.get('www-authenticate') ?? '')
      this.uses = 0
      response = await this.try(method, url, contentType, body)
    }
    const answer = await response.text()
    if (!response.ok) throw new Error(`${method} ${url} was answered ${response.status} ${answer.trim()}`)
  }

  private try(
    method: string,
    url: string,
    contentType: string | undefined,
    body: string | Uint8Array<ArrayBuffer> | undefined,
  ) {
    const headers: Record<string, string> = {}
    if (contentType) headers['content-type'] = contentType
    if (this.challenge) headers['authorization'] = this.authorization(this.challenge, method, new URL(url).pathname)
    return fetch(url, { method, headers, body: body ?? null })
  }

  private authorization({ realm, nonce, opaque, sha256 }: Challenge, method: string, uri: string): string {
    const hash = (...parts: string[]) =>
      createHash(sha256 ? 'sha256' : 'md5')
        .update(parts.join(':'))
        .digest('hex')
    this.uses++
    const nc = this.uses.toString(16).padStart(8, '0')
    const cnonce = randomBytes(8).toString('hex')
    const secret = hash(this.username, realm, this.password)
    const fields = [
      `username="${this.username}"`,
      `realm="${realm}"`,
      `nonce="${nonce}"`,
      `uri="${uri}"`,
      `algorithm=${sha256 ? 'SHA-256' : 'MD5'}`,
      'qop=auth',
      `nc=${nc}`,
      `cnonce="${cnonce}"`,
      `response="${hash(secret, nonce, nc, cnonce, 'auth', hash(method, uri))}"`,
    ]
    if (opaque !== undefined) fields.push(`opaque="${opaque}"`)
    return `Digest ${fields.join(', ')}`
  }
}

/** The strongest of the Digest challenges in a WWW-Authenticate header. */
function readChallenge(header: string): Challenge {
  const challenges = header
    .split(/(?:^|, )Digest /)
    .slice(1)
    .map((text): Challenge => {
      const field = (name: string) => new RegExp(`(?:^|[ ,])${name}="?([^",]*)`, 'i').exec(text)?.[1]
      const opaque = field('opaque')
      return {
        realm: field('realm') ?? '',
        nonce: field('nonce') ?? '',
        sha256: field('algorithm')?.toUpperCase() === 'SHA-256',
        ...(opaque === undefined ? {} : { opaque }),
      }
    })
  const best = challenges.find(({ sha256 }) => sha256) ?? challenges[0]
  if (!best) throw new Error(`the server asks for something other than Digest authentication: "${header}"`)
  return best
}
