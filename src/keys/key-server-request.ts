import type { LookupAddress } from 'node:dns'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { request as requestTls } from 'node:https'
import type { LookupFunction } from 'node:net'
import { comparedHost } from '../internal-addresses.ts'
import { request as requestPlain } from '../node-http.ts'
import { KeyProviderFailed } from './key-provider.ts'

export type KeyServerRequest = {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The only addresses that are connected to. */
  readonly addresses: readonly LookupAddress[]
  /** Certificates, in PEM, of the authorities that are trusted; when absent, those of Node. */
  readonly authorities?: readonly string[]
  readonly signal: AbortSignal
}

export type KeyServerAnswer = {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** At most 1 MiB. Whoever has read it wipes it. */
  readonly body: Buffer
}

const MOST_BYTES = 1 << 20

/**
 * Posts a document, once, on a connection of its own. Redirects are answers like any other. Throws KeyProviderFailed,
 * and as the signal aborts.
 */
export function post(asked: KeyServerRequest): Promise<KeyServerAnswer> {
  const { url, headers, body, addresses, authorities, signal } = asked
  const host = comparedHost(url)
  const lookup: LookupFunction = (_name, { all }, done) => {
    if (all) done(null, [...addresses])
    else done(null, addresses[0]!.address, addresses[0]!.family)
  }
  const options: RequestOptions = {
    method: 'POST',
    headers: { ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' },
    agent: false,
    lookup,
    signal,
  }
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(signal.reason)
      else if (error instanceof KeyProviderFailed) reject(error)
      else {
        const why = error.code ?? error.name
        reject(new KeyProviderFailed(`The key server ${host} does not answer (${why}).`, { cause: error }))
      }
    }
    const answered = (response: IncomingMessage) => {
      bodyOf(response, host).then((bytes) => {
        resolve({ status: response.statusCode!, headers: response.headers, body: bytes })
      }, fail)
    }
    const request =
      url.protocol === 'https:'
        ? requestTls(
            url,
            { ...options, rejectUnauthorized: true, ...(authorities && { ca: [...authorities] }) },
            answered,
          )
        : requestPlain(url, options, answered)
    request.on('error', fail)
    // Without a listener, Node closes the connection and says nothing.
    request.on('upgrade', ({ statusCode: status }, socket) => {
      socket.destroy()
      fail(new KeyProviderFailed(`The key server ${host} answered ${status}, which was not asked for.`))
    })
    request.end(body)
  })
}

/** Copies each chunk at once: held as they come, chunks of a byte would take hundreds of bytes each. */
async function bodyOf(response: IncomingMessage, host: string): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(MOST_BYTES)
  let size = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (size + chunk.length > MOST_BYTES) {
        chunk.fill(0)
        throw new KeyProviderFailed(`The key server ${host} answered with more than ${MOST_BYTES} bytes.`)
      }
      size += chunk.copy(bytes, size)
      chunk.fill(0)
    }
    return bytes.subarray(0, size)
  } catch (error) {
    bytes.fill(0, 0, size)
    throw error
  } finally {
    response.destroy()
  }
}
