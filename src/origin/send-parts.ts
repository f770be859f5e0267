import type { ServerResponse } from 'node:http'
import type { ObjectStream } from '../stores/objects.ts'

/**
 * Sends bytes and streams, one after the other, and ends the answer. What is in memory goes out at once, with the
 * headers; a piece of a stream is good until the next is asked for, so each waits until the last one has left.
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

/** Resolves when the bytes are out of our hands: with the kernel, or of no use because the client has left. */
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
