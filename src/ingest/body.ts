import type { IncomingMessage } from 'node:http'
import { Refusal } from './refusal.ts'

/** Refuses, before anything is read, a body that says it is longer than `limit` bytes. */
export function refuseLongBody(request: IncomingMessage, limit: number): void {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLong(limit)
}

/**
 * The chunks of a body as they arrive; a Refusal as soon as they are more than `limit` bytes. Throws when the client
 * goes away before the end. Whoever stops reading leaves the rest to the listener.
 */
export async function* bodyChunks(request: IncomingMessage, limit: number): AsyncGenerator<Buffer, void, void> {
  let size = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw tooLong(limit)
    yield chunk
  }
  if (!request.complete) throw new Error('the body ended early')
}

/** The whole body as UTF-8 text; a Refusal when it is something else. */
export async function bodyText(request: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of bodyChunks(request, limit)) chunks.push(chunk)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new Refusal(400, 'the playlist is not UTF-8')
  }
}

function tooLong(limit: number): Refusal {
  return new Refusal(413, `the body is longer than ${limit} bytes`)
}
