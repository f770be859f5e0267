import type { OutgoingHttpHeaders } from 'node:http'
import type { HttpRequest, HttpResponse } from '../http/message.ts'
import { type PartAnswer, requestedPart } from '../http/request-headers.ts'
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

export function sendPreflight(response: HttpResponse): void {
  response.writeHead(204, PREFLIGHT_HEADERS)
  response.end()
}

/** A reason for which a request gets no media, and what completes its row in the table of playback errors. */
export type PlaybackRefusal = {
  readonly error: PlaybackError
  /** Replaces the row's sentence. */
  readonly sentence?: string
  /** What the log says instead of the sentence, which clients get. */
  readonly reason?: string
  readonly headers?: OutgoingHttpHeaders
}

/** The answer for a body of a size; a refusal where the range that is asked for is none of it. Only a GET has one. */
export function partAnswer(
  request: Pick<HttpRequest, 'method' | 'headers'>,
  size: number,
  etag: string,
): PartAnswer | PlaybackRefusal {
  const answer = requestedPart(request, size, etag)
  return answer.status === 416 ? { error: 'RangeNotSatisfiable', headers: answer.headers } : answer
}

/** Answers with a row of the table of playback errors. */
export function sendRefusal(response: HttpResponse, { error, sentence, headers }: PlaybackRefusal): void {
  const row = PLAYBACK_ERRORS[error]
  const body = Buffer.from(`${sentence ?? row.sentence}\n`)
  response.writeHead(row.status, {
    ...CORS_HEADERS,
    'Access-Control-Expose-Headers': `${CORS_HEADERS['Access-Control-Expose-Headers']}, X-Windrow-Error`,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': body.length,
    'Cache-Control': row.maxAge === 0 ? 'no-store' : `max-age=${row.maxAge ?? 1}`,
    'X-Windrow-Error': error,
    ...row.headers,
    ...headers,
  })
  response.end(body)
}
