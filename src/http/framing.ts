import type { IncomingMessage } from 'node:http'

/** True when the headers announce a body, RFC 9112 §6. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

/**
 * The status and sentence for a request that a proxy in front may have understood otherwise than Node's parser does;
 * undefined for a clear one.
 */
export function unclear(request: IncomingMessage): readonly [number, string] | undefined {
  const { httpVersion } = request
  const coding = request.headers['transfer-encoding']
  // RFC 9110 §15.6.6.
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return [505, 'only HTTP/1.1 and HTTP/1.0 are spoken here']
  // RFC 9112 §6.1: HTTP/1.0 has no transfer codings, and whoever does not know one must not guess.
  if (coding !== undefined && httpVersion === '1.0') return [400, 'HTTP/1.0 has no Transfer-Encoding']
  if (coding !== undefined && coding.trim().toLowerCase() !== 'chunked') return [501, 'only chunked is understood']
  // RFC 9112 §3.2: a proxy may have routed by the other one.
  return hasManyHosts(request) ? [400, 'more than one Host header'] : undefined
}

/** Node keeps the first Host and shows the others only in the raw list. */
function hasManyHosts({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts > 1
}
