import type { AwsCredentials } from '../assumed-role.ts'
import type { Clock } from '../clock.ts'
import { comparedHost } from '../internal-addresses.ts'
import { KeyProviderFailed } from './key-provider.ts'

/** A header that one key server wants, such as Authorization. Its value is a secret. */
export type KeyServerHeader = { readonly name: string; readonly value: string }

/** How requests to key servers are authenticated. */
export type KeyServerAuth = {
  /** By host as URLs have it, with or without a port: that gets the header, and no signature. */
  readonly headers: ReadonlyMap<string, KeyServerHeader>
  /** Credentials to sign with for a role; undefined where requests are not signed. Throws KeyProviderFailed. */
  readonly credentials: (roleArn: string) => Promise<AwsCredentials | undefined>
  /** Region of signatures where the host does not name one. */
  readonly region: string
  readonly date: Clock
}

/** What signs requests: loaded when one is first signed, since few servers have credentials for it. */
export const SIGNING_PACKAGES = ['@smithy/core/checksum', '@smithy/signature-v4']

/** API Gateway, in front of which key servers of SPEKE stand. */
const SERVICE = 'execute-api'
const GATEWAY = /^[a-z0-9-]+\.execute-api(?:-fips)?\.([a-z0-9-]{1,32})\.amazonaws\.com(?:\.cn)?$/

/** Headers that must not be shown to anyone. */
const SECRET_HEADERS = ['authorization', 'x-amz-security-token']

export type AuthenticatedHeaders = {
  readonly headers: Readonly<Record<string, string>>
  /** Values in them that must not be shown to anyone. */
  readonly secrets: readonly string[]
}

/**
 * Whoever names the URL names the port, at which anybody on that host may listen: without TLS, only a port that the
 * settings name gets the header.
 */
function headerFor(url: URL, { headers }: Pick<KeyServerAuth, 'headers'>): KeyServerHeader | undefined {
  const isSecure = url.protocol === 'https:'
  const host = url.hostname.replace(/\.$/, '')
  const ofPort = headers.get(`${host}:${url.port || (isSecure ? 443 : 80)}`)
  const ofHost = ofPort ? undefined : headers.get(host)
  if (ofHost && !isSecure) {
    throw new KeyProviderFailed(
      `The header for the key server ${host} is not sent by http:// unless speke-headers names the port.`,
    )
  }
  return ofPort ?? ofHost
}

/** The headers of a request with those that authenticate it. Throws KeyProviderFailed. */
export async function authenticated(
  auth: KeyServerAuth,
  { url, headers, body, roleArn }: { url: URL; headers: Record<string, string>; body: string; roleArn: string },
): Promise<AuthenticatedHeaders> {
  const host = comparedHost(url)
  const header = headerFor(url, auth)
  if (header) {
    const words = header.value.split(' ').filter((word) => word.length >= 4)
    return { headers: { ...headers, [header.name.toLowerCase()]: header.value }, secrets: [header.value, ...words] }
  }
  const credentials = await auth.credentials(roleArn)
  if (!credentials) return { headers, secrets: [] }
  const { Sha256 } = await import('@smithy/core/checksum')
  const { SignatureV4 } = await import('@smithy/signature-v4')
  const region = GATEWAY.exec(host)?.[1] ?? auth.region
  const signer = new SignatureV4({ credentials, region, service: SERVICE, sha256: Sha256 })
  const query: Record<string, string | string[]> = {}
  for (const name of new Set(url.searchParams.keys())) {
    const values = url.searchParams.getAll(name)
    query[name] = values.length === 1 ? values[0]! : values
  }
  const signed = await signer.sign(
    {
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port !== '' && { port: Number(url.port) }),
      path: url.pathname,
      query,
      headers: { ...headers, host: url.host },
      body,
    },
    { signingDate: new Date(auth.date()) },
  )
  return {
    headers: signed.headers,
    secrets: SECRET_HEADERS.flatMap((name) => signed.headers[name] ?? []),
  }
}
