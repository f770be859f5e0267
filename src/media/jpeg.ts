import { MalformedMedia } from './bytes.ts'
import type { ImageProbe } from './track.ts'

/** Bytes; live images are smaller in MediaPackage too. */
const MOST_JPEG_BYTES = 20_000_000

/** The second byte of the marker of a segment without length, ITU-T T.81 table B.1: SOI, RST0 to RST7 and TEM. */
const isAlone = (marker: number) => (marker >= 0xd0 && marker <= 0xd8) || marker === 0x01
/** SOF0 to SOF15; 0xc4, 0xc8 and 0xcc among them begin other segments. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
const START_OF_SCAN = 0xda
const END_OF_IMAGE = 0xd9

/** Bytes of a frame header up to its number of samples in a line, §B.2.2: length, precision, lines, samples. */
const FRAME_HEADER = 7

/** True when a file begins as ITU-T T.81 §B.2.1 requires: with SOI, and another marker. */
export function startsAsJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff
}

/**
 * Reads the size of a JPEG image from its frame header as it arrives, ITU-T T.81 §B.2; what is behind that is only
 * counted. It keeps a few bytes. `push` and `end` throw MalformedMedia when it is no JPEG, or too large.
 */
export class JpegProbe {
  private size = 0
  /** Bytes of the segment that is being left out. */
  private skipped = 0
  /** A marker and what is known of the header behind it. */
  private header: number[] = []
  private picture: { readonly width: number; readonly height: number } | undefined

  push(chunk: Uint8Array): void {
    const before = this.size
    this.size += chunk.length
    if (this.size > MOST_JPEG_BYTES) throw new MalformedMedia('JPEG is too large', MOST_JPEG_BYTES)
    for (let at = 0; at < chunk.length && !this.picture; ) {
      const skips = Math.min(this.skipped, chunk.length - at)
      this.skipped -= skips
      at += skips
      if (at < chunk.length) this.byte(chunk[at]!, before + at++)
    }
  }

  /** Completes the image. */
  end(): ImageProbe {
    if (!this.picture) throw new MalformedMedia('JPEG without a frame header', this.size)
    return { container: 'jpeg', tracks: [{ kind: 'image', pid: 0, codec: 'jpeg', ...this.picture }] }
  }

  private byte(byte: number, at: number): void {
    const { header } = this
    // Bytes 0xff may precede a marker, §B.1.1.2.
    if (header.length === 1 && byte === 0xff) return
    if (header.length === 0 && byte !== 0xff) throw new MalformedMedia('JPEG lacks a marker', at)
    header.push(byte)
    const [, marker] = header
    if (marker === undefined) return
    if (header.length === 2 && (marker === START_OF_SCAN || marker === END_OF_IMAGE)) {
      throw new MalformedMedia('JPEG without a frame header', at)
    }
    if (isAlone(marker)) this.header = []
    else if (isFrame(marker)) this.frame(at)
    else if (header.length === 4) this.skip(at)
  }

  private skip(at: number): void {
    const length = (this.header[2]! << 8) | this.header[3]!
    if (length < 2) throw new MalformedMedia('JPEG has a segment without length', at)
    this.skipped = length - 2
    this.header = []
  }

  private frame(at: number): void {
    if (this.header.length < 2 + FRAME_HEADER) return
    const [height, width] = [5, 7].map((i) => (this.header[i]! << 8) | this.header[i + 1]!) as [number, number]
    // Lines may be counted behind the image instead, §B.2.5; nothing does so.
    if (width === 0 || height === 0) throw new MalformedMedia('JPEG does not tell its size', at)
    this.picture = { width, height }
  }
}
