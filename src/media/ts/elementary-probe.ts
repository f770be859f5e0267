import { MalformedMedia } from '../bytes.ts'
import { AvcStream } from '../codecs/avc-stream.ts'
import { HevcStream } from '../codecs/hevc-stream.ts'
import { ticks, unwrapPts } from '../time.ts'
import type { TrackTimes } from '../track.ts'
import { AudioProbe } from './audio-probe.ts'
import { CarriedProbe } from './carried-probe.ts'
import { Id3Probe } from './id3-probe.ts'
import {
  adaptationFlags,
  Continuity,
  MOST_PAYLOAD,
  PACKET_SIZE,
  RANDOM_ACCESS_INDICATOR,
  startsUnit,
} from './packet.ts'
import { type PayloadProbe, RANK } from './payload-probe.ts'
import { MOST_PES_PACKETS, MOST_PES_SIZE, PesHeader } from './pes.ts'
import type { ElementaryStream } from './psi.ts'
import { type StreamKind, streamKindOf } from './stream-kind.ts'
import { VideoProbe } from './video-probe.ts'

/** The most bytes of a PES packet that are collected. */
const MAX_PREFIX_SIZE = 16 * 1024
/** Bytes that a payload probe may overwrite after those it looks at. */
const SENTINEL_ROOM = 3

const header = new PesHeader()

const PROBES: Readonly<Record<StreamKind, (stream: ElementaryStream) => PayloadProbe>> = {
  avc: (stream) => new VideoProbe(stream, new AvcStream()),
  hevc: (stream) => new VideoProbe(stream, new HevcStream()),
  aac: (stream) => new AudioProbe(stream),
  ac3: (stream) => new AudioProbe(stream),
  id3: (stream) => new Id3Probe(stream),
  'dvb-subtitles': (stream) => new CarriedProbe(stream),
  other: (stream) => new CarriedProbe(stream),
}

/**
 * Probes the PES packets of one elementary stream: their times and sizes, and their beginnings for the payload probe.
 * Throws MalformedMedia for a PES packet that is too long, or one too many.
 */
export class ElementaryProbe {
  readonly kind: StreamKind
  readonly payload: PayloadProbe
  scrambled = false
  errors = 0
  /** PTS of the last PES packet that has one, 33 bits; -1 before the first. */
  latestPts = -1

  private readonly continuity = new Continuity()
  private bytes = Buffer.from(new ArrayBuffer(2 * PACKET_SIZE))
  private filled = 0
  /** True while bytes of the current PES packet are collected. */
  private collecting = false
  /** Header size of the current PES packet; 0 until it has been read. */
  private headerSize = 0
  private randomAccess = false
  private pesOffset = 0
  /** PTS of the current PES packet, unwrapped as `lastPts` is; -1 when it has none. */
  private pesPts = -1
  /** Offset at which the last packet ends. */
  private packetEnd = 0
  /** Smallest PTS, 33 bits; -1 while there is none. */
  private firstPts = -1
  /** DTS of the first sample, 33 bits; -1 while there is none. */
  private firstDts = -1
  /** Largest PTS; at least `firstPts`, so it may exceed 2³³. */
  private lastPts = -1
  private payloadBytes = 0
  /** `payloadBytes` where the current PES packet begins. */
  private bytesBefore = 0
  private pesPackets = 0
  private timedPackets = 0

  constructor(stream: ElementaryStream) {
    this.kind = streamKindOf(stream)
    this.payload = PROBES[this.kind](stream)
  }

  /** Times of the stream; null when no sample has one. Manifests list every track that has times. */
  get times(): TrackTimes | null {
    const { times } = this.payload
    if (times !== undefined) return times && { ...times, bytes: this.payloadBytes }
    if (this.firstPts < 0 || this.payload.isEmpty) return null
    const range = { first: this.firstPts, last: this.lastPts, bytes: this.payloadBytes }
    return this.payload.rank === RANK.video ? { ...range, pictures: this.timedPackets } : range
  }

  /** Time from the decoding of the first sample to the presentation of the earliest, in 90 kHz ticks. */
  get decodeDelay(): number {
    return unwrapPts(this.firstPts, ticks(this.firstDts)) - this.firstDts
  }

  /**
   * Accepts the packet at `at`, `offset` bytes into the segment, when it plainly continues a PES packet of which
   * nothing more is needed; otherwise returns false.
   */
  passes(bytes: Uint8Array, at: number, offset: number): boolean {
    const control = bytes[at + 3]!
    if (this.collecting || control !== this.continuity.plainNext || startsUnit(bytes, at)) return false
    this.continuity.plainNext = 0x10 | ((control + 1) & 0x0f)
    this.payloadBytes += MOST_PAYLOAD
    this.packetEnd = offset + PACKET_SIZE
    return true
  }

  /** Follows the continuity counter; false when the packet repeats the one before it. */
  follows(bytes: Uint8Array, at: number): boolean {
    const continuity = this.continuity.next(bytes, at)
    if (continuity === 'broken') this.errors++
    return continuity !== 'repeated'
  }

  /** Takes the packet at `at`, `offset` bytes into the segment, whose payload begins at `from`. */
  packet(bytes: Uint8Array, at: number, from: number, offset: number): void {
    if (startsUnit(bytes, at)) this.begin((adaptationFlags(bytes, at) & RANDOM_ACCESS_INDICATOR) !== 0, offset)
    const end = at + PACKET_SIZE
    this.payloadBytes += end - from
    this.packetEnd = offset + PACKET_SIZE
    if (!this.collecting) return
    if (this.headerSize > 0 && this.payload.flow !== undefined) this.payload.flow(bytes, from, end)
    else this.collect(bytes, from, end)
  }

  /** Ends the segment. */
  end(): void {
    this.endPes(this.packetEnd)
    this.payload.finish?.()
  }

  private begin(randomAccess: boolean, offset: number): void {
    this.endPes(offset)
    if (++this.pesPackets > MOST_PES_PACKETS) {
      throw new MalformedMedia(`more than ${MOST_PES_PACKETS} PES packets`, offset)
    }
    this.bytesBefore = this.payloadBytes
    this.collecting = true
    this.randomAccess = randomAccess
    this.pesOffset = offset
    this.filled = 0
  }

  private endPes(offset: number): void {
    if (this.headerSize === 0) return
    const size = this.payloadBytes - this.bytesBefore
    if (size > MOST_PES_SIZE) throw new MalformedMedia(`PES packet of ${size} bytes`, this.pesOffset)
    if (this.collecting) this.payload.look?.(this.bytes, this.headerSize, this.filled, true)
    this.headerSize = 0
    const span = this.payload.end(offset)
    if (this.pesPts >= 0) this.lastPts = Math.max(this.lastPts, this.pesPts + span)
  }

  private collect(source: Uint8Array, from: number, end: number): void {
    const size = Math.min(end - from, MAX_PREFIX_SIZE - this.filled)
    this.reserve(this.filled + size + SENTINEL_ROOM)
    this.bytes.set(source.subarray(from, from + size), this.filled)
    this.filled += size
    if (this.headerSize === 0 && !this.readHeader()) return
    if (this.payload.flow !== undefined) {
      this.payload.flow(this.bytes, this.headerSize, this.filled)
      return
    }
    this.collecting =
      this.payload.look!(this.bytes, this.headerSize, this.filled, false) && this.filled < MAX_PREFIX_SIZE
  }

  private readHeader(): boolean {
    const outcome = header.read(this.bytes, 0, this.filled)
    if (outcome === 'short') return false
    if (outcome === 'malformed') {
      this.errors++
      this.collecting = false
      return false
    }
    this.scrambled = header.scrambled
    this.headerSize = header.headerSize
    this.payloadBytes -= header.headerSize
    if (this.firstDts < 0) this.firstDts = header.dts
    this.pesPts = header.pts < 0 ? -1 : this.time(header.pts)
    if (header.pts >= 0) this.latestPts = header.pts
    const { streamId, pts } = header
    this.payload.begin({ streamId, pts, randomAccess: this.randomAccess, offset: this.pesOffset })
    return true
  }

  /**
   * Notes the PTS of a PES packet.
   * @returns the PTS, unwrapped
   */
  private time(pts: number): number {
    this.timedPackets++
    if (this.firstPts < 0) {
      this.firstPts = pts
      this.lastPts = pts
      return pts
    }
    const unwrapped = unwrapPts(pts, ticks(this.lastPts))
    if (unwrapped > this.lastPts) this.lastPts = unwrapped
    if (unwrapped >= this.firstPts) return unwrapped
    // This earlier picture lies before the wrap: count from one cycle earlier.
    const turn = unwrapped < 0 ? 2 ** 33 : 0
    this.firstPts = unwrapped + turn
    this.lastPts += turn
    return this.firstPts
  }

  private reserve(size: number): void {
    if (size <= this.bytes.length) return
    const larger = Buffer.from(new ArrayBuffer(Math.max(size, this.bytes.length * 2)))
    larger.set(this.bytes)
    this.bytes = larger
  }
}
