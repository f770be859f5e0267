import { MalformedMedia } from '../bytes.ts'
import type { TextProbe } from '../track.ts'
import { isTimestampMap, readTimestampMap } from './timestamp-map.ts'

/** Bytes. A live segment is less than a KiB, and the subtitles of a whole film are 100 to 200 KiB. */
export const MOST_WEBVTT_BYTES = 256 * 1024

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]
/** The characters `WEBVTT`. */
const SIGNATURE = [0x57, 0x45, 0x42, 0x56, 0x54, 0x54]
/** Bytes that may follow the signature: tab, line feed, carriage return, space; a file may also end there. */
const DELIMITERS = [9, 10, 13, 32]
/** Bytes: more than the lines up to a timestamp map take. */
const MOST_NEEDED = 512

/** True when a file begins as W3C WebVTT §4.1 requires. */
export function startsAsWebVtt(bytes: Uint8Array): boolean {
  const at = BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte) ? BYTE_ORDER_MARK.length : 0
  const delimiter = bytes[at + SIGNATURE.length]
  return (
    SIGNATURE.every((byte, i) => bytes[at + i] === byte) && (delimiter === undefined || DELIMITERS.includes(delimiter))
  )
}

/**
 * Recognises a WebVTT segment by its first line as it arrives, and keeps half a KiB of it, for its timestamp map. `end`
 * throws MalformedMedia when it is not WebVTT, or too large. Cues are not checked.
 */
export class WebVttProbe {
  private readonly beginning = new Uint8Array(MOST_NEEDED)
  private length = 0
  private size = 0
  /** What its header has that is read as what it seems to mean. */
  readonly habits: { readonly habit: 'timestamp-map-odd'; readonly example: string }[] = []

  push(chunk: Uint8Array): void {
    this.size += chunk.length
    const taken = chunk.subarray(0, MOST_NEEDED - this.length)
    this.beginning.set(taken, this.length)
    this.length += taken.length
  }

  /** Completes the segment. */
  end(): TextProbe {
    refuseLarge(this.size)
    const beginning = this.beginning.subarray(0, this.length)
    if (!startsAsWebVtt(beginning)) throw new MalformedMedia('no WEBVTT signature', 0)
    const lines = new TextDecoder().decode(beginning).split(/\r\n|\n|\r/)
    const map = lines.slice(1).find(isTimestampMap)
    if (map !== undefined && !readTimestampMap(map)?.isUsual)
      this.habits.push({ habit: 'timestamp-map-odd', example: map })
    return { container: 'webvtt', tracks: [{ kind: 'text', pid: 0, codec: 'wvtt' }] }
  }
}

export function refuseLarge(size: number): void {
  if (size > MOST_WEBVTT_BYTES) throw new MalformedMedia(`WebVTT of ${size} bytes`, MOST_WEBVTT_BYTES)
}
