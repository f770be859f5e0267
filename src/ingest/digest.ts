import { createHash, timingSafeEqual } from 'node:crypto'

// Digest authentication as in RFC 7616, with qop=auth.

type DigestAlgorithm = 'SHA-256' | 'MD5'

/** The parameters of an Authorization header of the Digest scheme, §3.4. */
export type DigestCredentials = {
  readonly algorithm: DigestAlgorithm
  readonly username: string
  readonly realm: string
  readonly nonce: string
  readonly uri: string
  /** The response in hexadecimal. */
  readonly response: string
  readonly cnonce: string
  /** The nonce count as sent: eight hexadecimal digits. */
  readonly nc: string
}

// Some clients quote what the grammar leaves unquoted, and vice versa.
const PARAMETER = /\s*([A-Za-z][A-Za-z0-9*-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))\s*(?:,|$)/y

/**
 * Parses an Authorization header; undefined when it is absent, of another scheme, or not an answer to these
 * challenges.
 */
export function parseDigestCredentials(header: string | undefined): DigestCredentials | undefined {
  const scheme = /^Digest\s+/i.exec(header ?? '')
  if (!header || !scheme) return undefined
  const given = new Map<string, string>()
  PARAMETER.lastIndex = scheme[0].length
  while (PARAMETER.lastIndex < header.length) {
    const match = PARAMETER.exec(header)
    if (!match) return undefined
    const [, key = '', quoted, bare = ''] = match
    const name = key.toLowerCase()
    if (given.has(name)) return undefined
    given.set(name, quoted === undefined ? bare : quoted.replace(/\\(.)/g, '$1'))
  }
  const [username, realm, nonce, uri] = ['username', 'realm', 'nonce', 'uri'].map((name) => given.get(name))
  const [response, cnonce, nc] = ['response', 'cnonce', 'nc'].map((name) => given.get(name))
  // §3.4: MD5 when the client names no algorithm.
  const algorithm = (given.get('algorithm') ?? 'MD5').toUpperCase()
  if (algorithm !== 'MD5' && algorithm !== 'SHA-256') return undefined
  if (username === undefined || realm === undefined || nonce === undefined || uri === undefined) return undefined
  if (response === undefined || cnonce === undefined || !/^[0-9a-f]{8}$/i.test(nc ?? '')) return undefined
  if (given.get('qop')?.toLowerCase() !== 'auth') return undefined
  return { algorithm, username, realm, nonce, uri, response: response.toLowerCase(), cnonce, nc: nc! }
}

/** The `response` of a client that knows the password, §3.4.1. */
export function digestResponse(credentials: Omit<DigestCredentials, 'response'>, method: string, password: string) {
  const { algorithm, username, realm, nonce, nc, cnonce, uri } = credentials
  // Node has the bytes of header fields as Latin-1.
  const hash = (text: string) =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text, 'latin1')
      .digest('hex')
  const user = hash(`${username}:${realm}:${password}`)
  return hash(`${user}:${nonce}:${nc}:${cnonce}:auth:${hash(`${method}:${uri}`)}`)
}

/**
 * The WWW-Authenticate lines, best first, §3.3. MD5 is last because ffmpeg supports nothing else and uses the last
 * line.
 */
export function digestChallenges(realm: string, nonce: string, stale: boolean): string[] {
  const line = (algorithm: DigestAlgorithm) =>
    `Digest realm="${realm}", qop="auth", algorithm=${algorithm}, nonce="${nonce}"${stale ? ', stale=true' : ''}`
  return [line('SHA-256'), line('MD5')]
}

/** Compares texts in a time that does not depend on where they differ. */
export function sameText(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)]
  return x.length === y.length && timingSafeEqual(x, y)
}
