import { MalformedMedia } from '../bytes.ts'
import type { TextProbe } from '../track.ts'

/** Bytes. A live segment is less than a KiB, and the subtitles of a whole film are 100 to 200 KiB. */
export const MOST_WEBVTT_BYTES = 256 * 1024

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]
/** The characters `WEBVTT`. */
const SIGNATURE = [0x57, 0x45, 0x42, 0x56, 0x54, 0x54]
/** Bytes that may follow the signature: tab, line feed, carriage return, space; a file may also end there. */
const DELIMITERS = [9, 10, 13, 32]
const MOST_NEEDED = BYTE_ORDER_MARK.length + SIGNATURE.length + 1

/** True when a file begins as W3C WebVTT §4.1 requires. */
export function startsAsWebVtt(bytes: Uint8Array): boolean {
  const at = BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte) ? BYTE_ORDER_MARK.length : 0
  const delimiter = bytes[at + SIGNATURE.length]
  return (
    SIGNATURE.every((byte, i) => bytes[at + i] === byte) && (delimiter === undefined || DELIMITERS.includes(delimiter))
  )
}

/**
 * Recognises a WebVTT segment by its first line as it arrives, and keeps ten bytes of it. `end` throws MalformedMedia
 * when it is not WebVTT, or too large. The content is not checked.
 */
export class WebVttProbe {
  private readonly beginning = new Uint8Array(MOST_NEEDED)
  private length = 0
  private size = 0

  push(chunk: Uint8Array): void {
    this.size += chunk.length
    const taken = chunk.subarray(0, MOST_NEEDED - this.length)
    this.beginning.set(taken, this.length)
    this.length += taken.length
  }

  /** Completes the segment. */
  end(): TextProbe {
    refuseLarge(this.size)
    if (!startsAsWebVtt(this.beginning.subarray(0, this.length))) throw new MalformedMedia('no WEBVTT signature', 0)
    return { container: 'webvtt', tracks: [{ kind: 'text', pid: 0, codec: 'wvtt' }] }
  }
}

export function refuseLarge(size: number): void {
  if (size > MOST_WEBVTT_BYTES) throw new MalformedMedia(`WebVTT of ${size} bytes`, MOST_WEBVTT_BYTES)
}
