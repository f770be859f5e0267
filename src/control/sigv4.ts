import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Target } from '../http/handler.ts'
import { ONE_DAY_MS, type UtcMs, utcMs } from '../media/time.ts'
import type { FrontEndErrorCode } from './api-error.ts'
import { queryPairs } from './query-pairs.ts'

export type AccessKey = { readonly accessKeyId: string; readonly secretAccessKey: string }

/** The key, region, service and time by which a signature is checked. */
export type Expected = {
  readonly credentials: AccessKey
  readonly region: string
  readonly service: string
  readonly now: UtcMs
}

/** Thrown for a request without a valid signature; answered 403 under the names AWS's front end uses. */
export class SignatureError extends Error {
  override readonly name = 'SignatureError'
  readonly problem: FrontEndErrorCode

  constructor(problem: FrontEndErrorCode, message: string) {
    super(message)
    this.problem = problem
  }
}

/** A request's statement about its signature, in its headers or, presigned, in its query. */
type Claim = {
  /** Access key id / day / region / service / `aws4_request`. */
  readonly credential: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  /** Time of the signature, in the basic format of ISO 8601. */
  readonly date: string
  /** Seconds for which a presigned request is valid. */
  readonly expires?: number
  /** SHA-256 of the body in hexadecimal, or UNSIGNED-PAYLOAD; undefined when it must be computed from the body. */
  readonly bodyHash?: string
  /** The query without the signature. */
  readonly query: readonly (readonly [string, string])[]
}

const ALGORITHM = 'AWS4-HMAC-SHA256'
const SKEW_MS = 15 * 60_000
const WEEK_SECONDS = 604_800

/**
 * Verifies AWS Signature Version 4, in the Authorization header or the query (presigned), and resolves to the body.
 * It reads the body only after it has verified all that can be verified without it. Only a presigned request may
 * leave its body unsigned, with X-Amz-Content-Sha256=UNSIGNED-PAYLOAD. Throws SignatureError.
 */
export async function authenticate(
  request: IncomingMessage,
  target: Target,
  expected: Expected,
  readBody: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const claim = readClaim(request, target)
  const scope = checkedScope(claim, expected)
  checkTime(claim, expected.now)
  const check = (bodyHash: string) => {
    const canonical = canonicalRequest(request, target, claim, bodyHash)
    const toSign = [ALGORITHM, claim.date, scope.join('/'), sha256(canonical)].join('\n')
    const key = scope.reduce<string | Buffer>(hmac, `AWS4${expected.credentials.secretAccessKey}`)
    const right = Buffer.from(hmac(key, toSign).toString('hex'))
    const given = Buffer.from(claim.signature)
    if (given.length !== right.length || !timingSafeEqual(given, right)) {
      throw new SignatureError(
        'InvalidSignatureException',
        'The signature does not match the request: check the secret access key and how the request is signed.',
      )
    }
  }
  if (claim.bodyHash !== undefined) check(claim.bodyHash)
  const body = await readBody()
  if (claim.bodyHash === undefined) check(sha256(body))
  else if (claim.bodyHash !== 'UNSIGNED-PAYLOAD' && claim.bodyHash !== sha256(body)) {
    throw new SignatureError('InvalidSignatureException', 'The body differs from the one that was signed.')
  }
  return body
}

function readClaim(request: IncomingMessage, target: Target): Claim {
  let query: [string, string][]
  try {
    query = queryPairs(target.query)
  } catch {
    throw incomplete('The query is not well-formed.')
  }
  const authorization = request.headersDistinct['authorization'] ?? []
  const presigned = query.some(([name]) => isSignature(name))
  if (authorization.length === 0 && !presigned) {
    throw new SignatureError('MissingAuthenticationTokenException', 'The request is not signed.')
  }
  if (authorization.length > (presigned ? 0 : 1)) throw incomplete('The request is signed more than once.')
  const claim = presigned ? queryClaim(query) : headerClaim(request, authorization[0] ?? '', query)
  if (!claim.signedHeaders.includes('host')) throw incomplete('The header host must be signed.')
  return claim
}

function headerClaim(request: IncomingMessage, authorization: string, query: Claim['query']): Claim {
  const [, credential, signedHeaders, signature] =
    /^AWS4-HMAC-SHA256 +Credential=([^, ]+), *SignedHeaders=([^, ]+), *Signature=([^, ]+)$/.exec(authorization) ?? []
  if (credential === undefined || signedHeaders === undefined || signature === undefined) {
    throw incomplete(`The Authorization header must be ${ALGORITHM} with Credential, SignedHeaders and Signature.`)
  }
  const names = signedHeaders.split(';')
  const date = signedHeader(request, names, 'x-amz-date')
  if (date === undefined) throw incomplete('The header x-amz-date must be present and signed.')
  const bodyHash = signedHeader(request, names, 'x-amz-content-sha256')
  if (bodyHash === 'UNSIGNED-PAYLOAD') throw incomplete('The body must be signed.')
  return { credential, signedHeaders: names, signature, date, query, ...(bodyHash !== undefined && { bodyHash }) }
}

function signedHeader(request: IncomingMessage, signedHeaders: readonly string[], name: string): string | undefined {
  const values = request.headersDistinct[name] ?? []
  if (values.length > 1) throw incomplete(`The header ${name} must be given only once.`)
  return signedHeaders.includes(name) ? values[0] : undefined
}

/** True for the parameter X-Amz-Signature, which some clients write in lower case. */
function isSignature(name: string): boolean {
  return name.toLowerCase() === 'x-amz-signature'
}

function queryClaim(query: Claim['query']): Claim {
  const optional = (name: string) => {
    const [value, another] = query.filter((pair) => pair[0].toLowerCase() === name.toLowerCase()).map((pair) => pair[1])
    if (another !== undefined) throw incomplete(`The query parameter ${name} must be given only once.`)
    return value
  }
  const required = (name: string) => {
    const value = optional(name)
    if (!value) throw incomplete(`The query parameter ${name} is missing.`)
    return value
  }
  if (required('X-Amz-Algorithm') !== ALGORITHM) throw incomplete(`X-Amz-Algorithm must be ${ALGORITHM}.`)
  const expires = required('X-Amz-Expires')
  if (!/^\d{1,6}$/.test(expires) || Number(expires) < 1 || Number(expires) > WEEK_SECONDS) {
    throw incomplete(`X-Amz-Expires must be between 1 and ${WEEK_SECONDS} seconds.`)
  }
  const bodyHash = optional('X-Amz-Content-Sha256')
  return {
    credential: required('X-Amz-Credential'),
    signedHeaders: required('X-Amz-SignedHeaders').split(';'),
    signature: required('X-Amz-Signature'),
    date: required('X-Amz-Date'),
    expires: Number(expires),
    query: query.filter(([name]) => !isSignature(name)),
    ...(bodyHash !== undefined && { bodyHash }),
  }
}

/** Checks day, region, service and terminator, which are signed, and from which the signing key is derived. */
function checkedScope(claim: Claim, { credentials, region, service }: Omit<Expected, 'now'>): string[] {
  const parts = claim.credential.split('/')
  if (parts.length < 5) throw incomplete('Credential must be <access key id>/<day>/<region>/<service>/aws4_request.')
  const scope = parts.slice(-4)
  const expected = [claim.date.slice(0, 8), region, service, 'aws4_request']
  if (parts.slice(0, -4).join('/') !== credentials.accessKeyId) {
    throw new SignatureError('UnrecognizedClientException', 'The access key id is unknown.')
  }
  if (scope.join('/') !== expected.join('/')) {
    throw new SignatureError(
      'InvalidSignatureException',
      `Credential should be scoped to ${expected.join('/')}, not ${scope.join('/')}.`,
    )
  }
  return scope
}

/**
 * Until when what a verified request asks for may go on: a presigned one ends when it expires; any other one when the
 * key of its signature, which is of one day, signs no request any more that is accepted.
 */
export function signatureEnds(request: IncomingMessage, target: Target): UtcMs {
  const { date, expires } = readClaim(request, target)
  const signedAt = timeOf(date)
  if (expires !== undefined) return utcMs(signedAt + expires * 1000)
  return utcMs(signedAt - (signedAt % ONE_DAY_MS) + ONE_DAY_MS + SKEW_MS)
}

function timeOf(date: string): UtcMs {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? []
  const signedAt = utcMs(Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`))
  if (Number.isNaN(signedAt)) throw incomplete('x-amz-date must have the form 20260131T201500Z.')
  return signedAt
}

function checkTime({ date, expires }: Claim, now: UtcMs): void {
  const signedAt = timeOf(date)
  const goodUntil = expires === undefined ? signedAt + SKEW_MS : signedAt + expires * 1000
  if (now > goodUntil || now < signedAt - SKEW_MS) {
    const clock = new Date(now).toISOString()
    throw new SignatureError(
      'InvalidSignatureException',
      now > goodUntil
        ? `Signature expired: ${date} is too old at ${clock}.`
        : `Signature not yet current: it is ${clock}.`,
    )
  }
}

function canonicalRequest(request: IncomingMessage, target: Target, claim: Claim, bodyHash: string): string {
  const headers = claim.signedHeaders.map((name) => {
    const values = request.headersDistinct[name]
    if (!values) throw incomplete(`The signed header ${name} is missing.`)
    return `${name}:${values.map((value) => value.trim().replace(/ +/g, ' ')).join(',')}\n`
  })
  const query = claim.query.map((pair) => pair.map(escaped)).sort(byNameAndValue)
  return [
    request.method,
    // Services other than S3 sign the path with its escapes escaped once more.
    target.path.split('/').map(escaped).join('/'),
    query.map((pair) => pair.join('=')).join('&'),
    headers.join(''),
    claim.signedHeaders.join(';'),
    bodyHash,
  ].join('\n')
}

function byNameAndValue([a = '', x = '']: readonly string[], [b = '', y = '']: readonly string[]): number {
  return a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1
}

/** Escapes everything except the unreserved characters of RFC 3986. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function incomplete(message: string): SignatureError {
  return new SignatureError('IncompleteSignatureException', message)
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
