import type { IncomingMessage } from 'node:http'

/** Thrown when a request's body is longer than its reader accepts. */
export class BodyTooLong extends Error {
  override readonly name = 'BodyTooLong'
  /** The most bytes accepted. */
  readonly limit: number

  constructor(limit: number) {
    super(`the body is longer than ${limit} bytes`)
    this.limit = limit
  }
}

/** Checks the announced length. Throws BodyTooLong, before anything is read, when it exceeds `limit` bytes. */
export function checkContentLength(request: IncomingMessage, limit: number): void {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw new BodyTooLong(limit)
}

/**
 * Yields the chunks of a body as they arrive. Throws BodyTooLong as soon as they exceed `limit` bytes, and an Error
 * when the client disconnects before the end. When the caller stops reading, the listener handles the rest, so the
 * socket survives a refusal.
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

/** Reads the whole body. Throws as `checkContentLength` and `bodyChunks` do. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  checkContentLength(request, limit)
  const chunks: Buffer[] = []
  for await (const chunk of bodyChunks(request, limit)) chunks.push(chunk)
  return Buffer.concat(chunks)
}
