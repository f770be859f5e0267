import type { OutgoingHttpHeaders } from 'node:http'
import type { HttpResponse } from './message.ts'

/** Answers with one sentence for a person, or with nothing. */
export function sendText(response: HttpResponse, status: number, text: string, headers?: OutgoingHttpHeaders): void {
  const body = text === '' ? '' : `${text}\n`
  // A 204 must not state a length, RFC 9110 §8.6.
  const length = status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }
  const type = body === '' ? {} : { 'content-type': 'text/plain; charset=utf-8' }
  response.writeHead(status, { ...type, ...length, ...headers }).end(body)
}
