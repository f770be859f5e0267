import { createHash, randomBytes } from 'node:crypto'

export type Challenge = {
  readonly realm: string
  readonly nonce: string
  readonly opaque?: string
  readonly sha256: boolean
  /** How often the nonce has been used. */
  uses: number
}

/** What is put, by the name of its file. */
export type PutFile = {
  readonly url: string
  readonly contentType: string
  readonly body: Uint8Array<ArrayBuffer> | string
}

/** An HTTP client with Digest authentication (RFC 7616) that puts files, several at a time. */
export class DigestClient {
  private readonly username: string
  private readonly password: string
  private challenge: Challenge | undefined

  constructor(username: string, password: string) {
    this.username = username
    this.password = password
  }

  /**
   * Puts a file, again where the server asks for credentials or for newer ones; 401 is the answer when it does not take
   * those. Rejects when there is no answer, and when `signal` aborts.
   */
  async put(file: PutFile, signal: AbortSignal): Promise<Response> {
    const used = this.challenge
    const response = await this.try(file, used, signal)
    if (response.status !== 401) return response
    await response.arrayBuffer()
    // Of several at a time, the first is challenged for all.
    if (this.challenge === used) this.challenge = readChallenge(response.headers.get('www-authenticate') ?? '')
    return this.challenge ? this.try(file, this.challenge, signal) : response
  }

  private try({ url, contentType, body }: PutFile, challenge: Challenge | undefined, signal: AbortSignal) {
    const headers: Record<string, string> = { 'content-type': contentType }
    if (challenge) headers['authorization'] = this.authorization(challenge, new URL(url).pathname)
    return fetch(url, { method: 'PUT', headers, body, signal })
  }

  private authorization(challenge: Challenge, uri: string): string {
    const { realm, nonce, opaque, sha256 } = challenge
    const hash = (...parts: string[]) =>
      createHash(sha256 ? 'sha256' : 'md5')
        .update(parts.join(':'))
        .digest('hex')
    challenge.uses++
    const nc = challenge.uses.toString(16).padStart(8, '0')
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
      `response="${hash(secret, nonce, nc, cnonce, 'auth', hash('PUT', uri))}"`,
    ]
    if (opaque !== undefined) fields.push(`opaque="${opaque}"`)
    return `Digest ${fields.join(', ')}`
  }
}

/** The strongest of the Digest challenges in a WWW-Authenticate header; undefined when it has none. */
export function readChallenge(header: string): Challenge | undefined {
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
        uses: 0,
        ...(opaque === undefined ? {} : { opaque }),
      }
    })
  return challenges.find(({ sha256 }) => sha256) ?? challenges[0]
}
