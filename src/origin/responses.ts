import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'

/** Any page may play any channel that its viewer can reach. */
export const CORS_HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers':
    'Content-Length, Content-Range, Date, ETag, X-MediaPackage-Manifest-Last-Sequence, X-MediaPackage-Manifest-Last-Updated',
} as const

const PREFLIGHT_HEADERS = {
  ...CORS_HEADERS,
  'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Max-Age': '86400',
  Allow: 'GET, HEAD, OPTIONS',
} as const

export function sendPreflight(response: ServerResponse): void {
  response.writeHead(204, PREFLIGHT_HEADERS)
  response.end()
}

/** A refusal in one sentence. Caches forget it at once: content may come any moment. */
export function sendError(
  response: ServerResponse,
  status: number,
  sentence: string,
  headers: OutgoingHttpHeaders = {},
): void {
  const body = Buffer.from(`${sentence}\n`)
  response.writeHead(status, {
    ...CORS_HEADERS,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': body.length,
    'Cache-Control': 'max-age=1',
    ...headers,
  })
  response.end(body)
}
