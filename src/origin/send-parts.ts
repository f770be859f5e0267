import type { HttpResponse } from '../http/message.ts'
import type { OutgoingBytes } from '../http/outgoing-bytes.ts'
import { sendBytes, write } from '../http/send-pieces.ts'
import { MOST_PIECE_BYTES, type ObjectStream } from '../stores/objects.ts'

/** Consecutive bytes in memory, or a stream. */
export type BodyPart = readonly Uint8Array[] | ObjectStream

/**
 * Sends consecutive parts and ends the response; each is opened when those before it have been sent. Bytes are sent in
 * pieces: the next follows at once when the kernel has taken the one before, and otherwise waits until that has left,
 * while the memory behind it is counted.
 */
export async function sendParts(
  response: HttpResponse,
  first: BodyPart | undefined,
  rest: readonly (() => Promise<BodyPart>)[],
  outgoing: OutgoingBytes,
): Promise<void> {
  let part = first
  for (let next = 0; part; next++) {
    if ('close' in part) await sendStream(response, part, outgoing)
    else await sendBytes(response, part, next === rest.length, outgoing)
    if (response.destroyed || response.writableEnded) return
    part = await rest[next]?.()
  }
  response.end()
}

async function sendStream(response: HttpResponse, stream: ObjectStream, outgoing: OutgoingBytes): Promise<void> {
  try {
    outgoing.hold(response, [{ byteLength: MOST_PIECE_BYTES }])
    for await (const piece of stream) {
      if (response.destroyed) return
      const flushed = write(response, [piece], false)
      // The piece is valid only until the next is requested.
      if (response.writableLength > 0) await flushed
      outgoing.progress(response)
    }
  } finally {
    await stream.close()
  }
}
