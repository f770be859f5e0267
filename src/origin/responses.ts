import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { PLAYBACK_ERRORS, type PlaybackError } from './playback-error.ts'

/** Headers that allow any page to play any channel its viewer can reach. */
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

/**
 * Answers with a row of the table of playback errors; `sentence` replaces the row's. The response must not be cached,
 * since content may arrive at any moment.
 */
export function sendError(
  response: ServerResponse,
  error: PlaybackError,
  { sentence, headers }: { readonly sentence?: string; readonly headers?: OutgoingHttpHeaders } = {},
): void {
  const answer = PLAYBACK_ERRORS[error]
  const body = Buffer.from(`${sentence ?? answer.sentence}\n`)
  response.writeHead(answer.status, {
    ...CORS_HEADERS,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': body.length,
    'Cache-Control': 'max-age=1',
    ...answer.headers,
    ...headers,
  })
  response.end(body)
}
