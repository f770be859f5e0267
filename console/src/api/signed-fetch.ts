import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import { readServerDate, serverAheadMs, serverNow } from '../time/server-clock.ts'

/** An access key pair of the server. */
export type AccessKey = { readonly accessKeyId: string; readonly secretAccessKey: string }

export type SignedRequest = {
  readonly method: string
  /** Begins with `/`, percent-encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal
}

/** Requests to the server that has this page, signed by AWS Signature Version 4. */
export type SignedFetch = {
  /** Resolves to any response. Rejects with TypeError where there is none, as `fetch` does. */
  (request: SignedRequest): Promise<Response>
  /** Headers with which a request may be sent by others, such as a player. */
  headersFor(request: SignedRequest): Promise<Readonly<Record<string, string>>>
  /** A URL that works without a header, for so many seconds: for `<video>`, and for links to files. */
  presign(request: Pick<SignedRequest, 'path' | 'query'>, seconds: number): Promise<string>
}

/** Where `crypto.subtle` is missing, as on pages without TLS, signatures need a SHA-256 of their own. */
export function signedFetch(credentials: AccessKey, region: string): SignedFetch {
  const signer = new SignatureV4({ credentials, region, service: 'mediapackage', sha256: Sha256 })
  const { protocol, hostname, port, host, origin } = window.location

  const unsigned = ({ method, path, query = {}, headers = {}, body }: SignedRequest) => ({
    method,
    protocol,
    hostname,
    ...(port !== '' && { port: Number(port) }),
    path,
    query: { ...query },
    headers: { ...headers, host, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body }),
  })

  async function headersFor(request: SignedRequest): Promise<Readonly<Record<string, string>>> {
    const signed = await signer.sign(unsigned(request), { signingDate: new Date(serverNow()) })
    const { host: _, ...headers } = signed.headers
    return headers
  }

  async function send(request: SignedRequest): Promise<Response> {
    const { method, path, query = {}, body, signal } = request
    const search = queryText(query)
    return fetch(`${origin}${path}${search === '' ? '' : `?${search}`}`, {
      method,
      headers: await headersFor(request),
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
      cache: 'no-store',
      credentials: 'omit',
    })
  }

  const signed = async (request: SignedRequest): Promise<Response> => {
    const ahead = serverAheadMs()
    const response = await send(request)
    readServerDate(response)
    // The server takes a signature of up to fifteen minutes ago.
    const isRefused =
      response.status === 403 && response.headers.get('x-amzn-ErrorType') === 'InvalidSignatureException'
    return isRefused && serverAheadMs() !== ahead ? send(request) : response
  }

  return Object.assign(signed, {
    headersFor,
    async presign({ path, query = {} }: Pick<SignedRequest, 'path' | 'query'>, seconds: number): Promise<string> {
      const request = unsigned({ method: 'GET', path, query })
      const presigned = await signer.presign(request, {
        expiresIn: seconds,
        signingDate: new Date(serverNow()),
      })
      return `${origin}${path}?${queryText(presigned.query as Readonly<Record<string, string>>)}`
    },
  })
}

function queryText(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map((pair) => pair.map(encodeURIComponent).join('='))
    .join('&')
}
