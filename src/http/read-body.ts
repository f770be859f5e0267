import type { IncomingMessage } from 'node:http'

/** A request's body is longer than its reader takes. */
export class BodyTooLong extends Error {
  override readonly name = 'BodyTooLong'
  /** In bytes. */
  readonly limit: number

  constructor(limit: number) {
    super(`the body is longer than ${limit} bytes`)
    this.limit = limit
  }
}

/** Throws BodyTooLong, before anything is read, when a body is announced that is longer than `limit` bytes. */
export function checkContentLength(request: IncomingMessage, limit: number): void {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw new BodyTooLong(limit)
}

/**
 * The chunks of a body as they arrive. Throws BodyTooLong as soon as they are more than `limit` bytes, and an Error
 * when the client goes away before the end. Whoever stops reading leaves the rest to the listener: the socket outlives
 * a refusal.
 */
export async function* bodyChunks(request: IncomingMessage, limit: number): AsyncGenerator<Buffer, void, void> {
  let size = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw new BodyTooLong(limit)
    yield chunk
  }
  if (!request.complete) throw new Error('the body ended early')
}

/** The whole body. Throws as `checkContentLength` and `bodyChunks` do. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  checkContentLength(request, limit)
  const chunks: Buffer[] = []
  for await (const chunk of bodyChunks(request, limit)) chunks.push(chunk)
  return Buffer.concat(chunks)
}
