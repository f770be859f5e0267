import type { ServerResponse } from 'node:http'
import type { ObjectStream } from '../stores/objects.ts'

/**
 * Sends consecutive bytes and streams, and ends the response. Bytes in memory are sent at once, with the headers. A
 * piece of a stream is valid until the next is requested, so each waits until the one before has left.
 */
export async function sendParts(
  response: ServerResponse,
  parts: readonly (Uint8Array | ObjectStream)[],
): Promise<void> {
  response.cork()
  for (const part of parts) {
    if (part instanceof Uint8Array) {
      response.write(part)
      continue
    }
    response.uncork()
    for await (const piece of part) {
      if (response.destroyed) return
      await sent(response, piece)
    }
    response.cork()
  }
  response.end()
}

/** Resolves when the bytes are no longer needed: the kernel has them, or the client has left. */
function sent(response: ServerResponse, piece: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('close', done)
      resolve()
    }
    response.once('close', done)
    response.write(piece, done)
  })
}
