import type { OutgoingHttpHeaders } from 'node:http'
import type { HttpRequest } from './message.ts'

/** True when If-None-Match lists this entity tag, by weak comparison, RFC 9110 §13.1.2. */
export function matchesNone(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  return ifNoneMatch.split(',').some((item) => {
    const candidate = item.trim()
    return candidate === '*' || candidate.replace(/^W\//, '') === etag
  })
}

/** The bytes from `start` up to but not including `end`. */
export type RequestedRange = { readonly start: number; readonly end: number }

/**
 * The single range of bytes a client asks for, RFC 9110 §14.1.2. Undefined when it gets the whole: no range, several,
 * an unreadable one, or one for a representation (If-Range) that is no longer current.
 */
export function requestedRange(
  headers: { readonly range?: string | undefined; readonly 'if-range'?: string | undefined },
  size: number,
  etag: string,
): RequestedRange | 'unsatisfiable' | undefined {
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(headers.range ?? '')
  const [, first = '', last = ''] = match ?? []
  if (first === '' && last === '') return undefined
  const ifRange = headers['if-range']
  if (ifRange !== undefined && ifRange !== etag) return undefined
  if (first === '') {
    const length = Number(last)
    return length === 0 ? 'unsatisfiable' : { start: Math.max(0, size - length), end: size }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= size) return 'unsatisfiable'
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size) }
}

/** How a body, or the part of it that is asked for, is answered: `range` is the part, `status` and `headers` say so. */
export type PartAnswer = {
  readonly range?: RequestedRange
  readonly status: 200 | 206
  readonly headers: OutgoingHttpHeaders
}

/** The answer for a body of a size; 416 where the range that is asked for is none of it. Only a GET has one. */
export function requestedPart(
  { method, headers }: Pick<HttpRequest, 'method' | 'headers'>,
  size: number,
  etag: string,
): PartAnswer | { readonly status: 416; readonly headers: OutgoingHttpHeaders } {
  const range = method === 'GET' ? requestedRange(headers, size, etag) : undefined
  if (range === 'unsatisfiable') return { status: 416, headers: { 'Content-Range': `bytes */${size}` } }
  if (!range) return { status: 200, headers: { 'Accept-Ranges': 'bytes', 'Content-Length': size } }
  const { start, end } = range
  const part = { 'Content-Length': end - start, 'Content-Range': `bytes ${start}-${end - 1}/${size}` }
  return { range, status: 206, headers: { 'Accept-Ranges': 'bytes', ...part } }
}
