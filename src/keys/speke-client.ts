import { SingleFlight } from '../concurrency/single-flight.ts'
import type { Turns } from '../concurrency/turns.ts'
import { unlessAborted } from '../concurrency/unless-aborted.ts'
import { comparedHost } from '../internal-addresses.ts'
import type { ReadElement } from '../manifests/xml-tree.ts'
import { type AnswerContext, answeredKeys } from './answered-keys.ts'
import { type AskedKeys, askedKeys, requestText } from './asked-keys.ts'
import { badAnswer } from './bad-answer.ts'
import type { KeyCertificate } from './encrypted-keys.ts'
import { type KeyProvider, KeyProviderFailed, type ProvidedKeys } from './key-provider.ts'
import { addressesOf, type Resolve } from './key-server-address.ts'
import { authenticated, type KeyServerAuth } from './key-server-auth.ts'
import { type KeyServerAnswer, post } from './key-server-request.ts'
import { MalformedXml, readXml } from './xml-reader.ts'

export type SpekeOptions = {
  readonly auth: KeyServerAuth
  /** Hosts and addresses, in lower case, that may be internal and may be requested without TLS. */
  readonly allowedHosts: ReadonlySet<string>
  /** By the ARNs that endpoints name. */
  readonly certificates: ReadonlyMap<string, KeyCertificate>
  /** Certificates, in PEM, of the authorities that are trusted; when absent, those of Node. */
  readonly authorities?: readonly string[]
  readonly resolve: Resolve
  /** Time for a request and its answer, from resolving the host to the last byte. */
  readonly timeoutMs: number
  readonly turns: Turns
}

/** Answers of all key servers take turns with what else is read. */
const TURNS = 'key servers'
/** Characters of a refusal that are shown to the endpoint's owner. */
const QUOTED = 200

/** Key servers that speak SPEKE 1.0 or 2.0: CPIX documents over HTTP, one request for all keys of a key period. */
export function spekeClient(given: SpekeOptions): KeyProvider {
  // The system's resolver has few threads, which a name whose servers do not answer would take one by one.
  const lookups = new SingleFlight<Awaited<ReturnType<Resolve>>>()
  const options = { ...given, resolve: (host: string) => lookups.run(host, () => given.resolve(host)) }
  return {
    async request(packaging, period, signal) {
      const { spekeKeyProvider: provider } = packaging.encryption
      const { certificateArn: arn } = provider
      const certificate = arn === undefined ? undefined : options.certificates.get(arn)
      if (arn !== undefined && !certificate) {
        throw new KeyProviderFailed(`The certificate ${arn} is unknown: speke-certificates does not name it.`)
      }
      const asked = askedKeys(packaging, period)
      if (asked.keys.length === 0) return { keys: [], about: {} }
      const context = { packaging, asked, certificate }
      const answer = await answerTo(context, options, signal)
      try {
        const document = await documentOf(answer, options.turns)
        const keys = await options.turns.run(TURNS, answeredKeys(document, context))
        return { keys, about: serverOf(answer, asked, new URL(provider.url)) }
      } finally {
        answer.body.fill(0)
      }
    },
  }
}

async function answerTo(
  { packaging, asked, certificate }: AnswerContext,
  { auth, allowedHosts, authorities, resolve, timeoutMs }: SpekeOptions,
  signal: AbortSignal,
): Promise<KeyServerAnswer> {
  const { url: text, roleArn } = packaging.encryption.spekeKeyProvider
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '') {
    throw new KeyProviderFailed('The key server is not requested, because its URL cannot be used.')
  }
  const host = comparedHost(url)
  const body = requestText(asked, certificate?.certificate.raw)
  const timeout = AbortSignal.timeout(timeoutMs)
  const ended = AbortSignal.any([signal, timeout])
  const headers = {
    'content-type': 'application/xml',
    accept: 'application/xml',
    'accept-encoding': 'identity',
    'user-agent': 'windrow',
    ...(asked.version === '2.0' && { 'x-speke-version': '2.0' }),
  }
  try {
    const addresses = await unlessAborted(ended, addressesOf(url, allowedHosts, resolve))
    const { headers: sent, secrets } = await unlessAborted(ended, authenticated(auth, { url, headers, body, roleArn }))
    const answer = await post({
      url,
      headers: sent,
      body,
      addresses,
      ...(authorities && { authorities }),
      signal: ended,
    })
    try {
      checkAnswer(answer, host, secrets)
    } catch (error) {
      answer.body.fill(0)
      throw error
    }
    return answer
  } catch (error) {
    if (timeout.aborted && !signal.aborted && error === ended.reason) {
      throw new KeyProviderFailed(`The key server ${host} did not answer within ${timeoutMs / 1000} s.`)
    }
    throw error
  }
}

function checkAnswer({ status, headers, body }: KeyServerAnswer, host: string, secrets: readonly string[]): void {
  if (status >= 300 && status < 400) {
    throw new KeyProviderFailed(`The key server ${host} answered ${status}: redirects are not followed.`)
  }
  if (status !== 200) {
    const quote = quoted(body, secrets)
    throw new KeyProviderFailed(`The key server ${host} answered ${status}${quote === '' ? '.' : `: ${quote}`}`)
  }
  const { 'content-type': type, 'content-encoding': encoding = 'identity' } = headers
  if (encoding.toLowerCase() !== 'identity') badAnswer('an encoded body, which was not asked for')
  if (type !== undefined && !/^(?:application|text)\/(?:[\w.-]{1,50}\+)?xml\s*(?:;|$)/i.test(type)) {
    badAnswer(`the type ${printable(type).slice(0, 100)} instead of XML`)
  }
}

/** The beginning of a refusal, without what must not be shown. */
function quoted(body: Buffer, secrets: readonly string[]): string {
  let text = printable(body.toString('utf8', 0, 16 * 1024))
  // Whatever its status, a document may have keys.
  if (text.includes('CPIX') || text.includes('PlainValue')) return ''
  for (const secret of secrets) text = text.replaceAll(secret, '…')
  return text.slice(0, QUOTED)
}

function printable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Z}\uFFFD]+/gu, ' ').trim()
}

async function documentOf({ body }: KeyServerAnswer, turns: Turns): Promise<ReadElement> {
  try {
    return await turns.run(TURNS, readXml(body))
  } catch (error) {
    if (error instanceof MalformedXml) return badAnswer(`a document that ${error.message}`)
    throw error
  }
}

function serverOf({ headers }: KeyServerAnswer, { version }: AskedKeys, url: URL): ProvidedKeys['about'] {
  const agent = headers['x-speke-user-agent'] ?? headers['speke-user-agent']
  const about = { host: comparedHost(url), version }
  return typeof agent === 'string' ? { ...about, keyServer: printable(agent).slice(0, QUOTED) } : about
}
