import { MalformedMedia } from '../bytes.ts'
import { ADTS_MIN_HEADER_SIZE, AdtsHeader } from '../codecs/aac.ts'
import { aacCodec, avcCodec } from '../codecs/codec-string.ts'
import {
  hasRecoveryPoint,
  isSliceStart,
  NAL_IDR_SLICE,
  NAL_SEI,
  NAL_SPS,
  nextStartCode,
  readSps,
  SENTINEL_SIZE,
  type Sps,
  writeSentinel,
} from '../codecs/h264.ts'
import { ticks, unwrapPts } from '../time.ts'
import type { TrackDescription } from '../track.ts'
import { Continuity, PACKET_SIZE } from './packet.ts'
import { isAudioStreamId, isVideoStreamId, PesHeader } from './pes.ts'
import { AAC_ADTS_STREAM_TYPE, type ElementaryStream, H264_STREAM_TYPE } from './psi.ts'

/** How much of a PES packet is looked at for its first slice. */
const MAX_PREFIX_SIZE = 16 * 1024

const header = new PesHeader()
const adts = new AdtsHeader()

/**
 * What the probe knows of one elementary stream. It looks at the beginning of each PES packet only: far enough to read
 * the timestamp and, in video, to meet the first slice.
 */
export class ElementaryProbe {
  /** True while the beginning of the current PES packet still has something to tell. */
  collecting = false
  scrambled = false
  errors = 0
  /** Smallest PTS, 33 bits; -1 while there is none. */
  firstPts = -1
  /** Largest PTS; at least `firstPts`, so it may exceed 2³³. */
  lastPts = -1
  keyFrames = 0
  startsWithKeyFrame = false

  private readonly stream: ElementaryStream
  private readonly continuity = new Continuity()
  private bytes = Buffer.from(new ArrayBuffer(2 * PACKET_SIZE))
  private filled = 0
  /** Offset of the first byte not yet looked at; 0 while the PES header has not been read. */
  private seen = 0
  private randomAccess = false
  private recoveryPoint = false
  private pictures = 0
  private streamId = 0
  private sps: Sps | undefined
  private audio: { codec: string; sampleRate: number; channels: number } | undefined

  constructor(stream: ElementaryStream) {
    this.stream = stream
  }

  get isVideo(): boolean {
    return this.stream.streamType === H264_STREAM_TYPE || isVideoStreamId(this.streamId)
  }

  /** Which stream gives the segment its times: the lowest does. */
  get rank(): number {
    if (this.isVideo) return this.sps === undefined ? 1 : 0
    if (this.audio !== undefined) return 2
    return isAudioStreamId(this.streamId) ? 3 : 4
  }

  describe(): TrackDescription {
    const { pid, streamType, language } = this.stream
    if (this.sps !== undefined) {
      const { width, height, frameRate } = this.sps
      const video = { kind: 'video', pid, codec: avcCodec(this.sps), width, height } as const
      return frameRate === undefined ? video : { ...video, frameRate }
    }
    if (this.audio !== undefined) {
      const audio = { kind: 'audio', pid, ...this.audio } as const
      return language === undefined ? audio : { ...audio, language }
    }
    return { kind: 'other', pid, streamType }
  }

  /** Follows the continuity counter; false when the packet repeats the one before it. */
  follows(bytes: Uint8Array, at: number): boolean {
    const continuity = this.continuity.next(bytes, at)
    if (continuity === 'broken') this.errors++
    return continuity !== 'repeated'
  }

  /** A PES packet begins. */
  begin(randomAccess: boolean): void {
    this.end()
    this.collecting = true
    this.randomAccess = randomAccess
    this.recoveryPoint = false
    this.filled = 0
    this.seen = 0
  }

  collect(source: Uint8Array, from: number, end: number): void {
    const size = Math.min(end - from, MAX_PREFIX_SIZE - this.filled)
    this.reserve(this.filled + size + SENTINEL_SIZE)
    this.bytes.set(source.subarray(from, from + size), this.filled)
    this.filled += size
    if (this.seen === 0 && !this.readHeader()) return
    if (this.stream.streamType === H264_STREAM_TYPE) this.lookForSlice()
    else if (this.stream.streamType === AAC_ADTS_STREAM_TYPE && this.audio === undefined) this.lookForAdts()
    else if (this.isVideo) this.picture(this.randomAccess)
    else this.collecting = false
    // A picture whose slices lie further on is judged by what the multiplexer said of it.
    if (this.collecting && this.filled === MAX_PREFIX_SIZE) this.end()
  }

  /** The PES packet, or the segment, is over. */
  end(): void {
    if (!this.collecting) return
    if (this.seen > 0 && this.isVideo) this.picture(this.randomAccess)
    this.collecting = false
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
    this.streamId = header.streamId
    this.seen = header.headerSize
    if (header.pts >= 0) this.time(header.pts)
    return true
  }

  private time(pts: number): void {
    if (this.firstPts < 0) {
      this.firstPts = pts
      this.lastPts = pts
      return
    }
    const unwrapped = unwrapPts(pts, ticks(this.lastPts))
    if (unwrapped > this.lastPts) this.lastPts = unwrapped
    if (unwrapped >= this.firstPts) return
    // An earlier picture before the wrap: begin the count one turn sooner.
    const turn = unwrapped < 0 ? 2 ** 33 : 0
    this.firstPts = unwrapped + turn
    this.lastPts += turn
  }

  private lookForSlice(): void {
    const { bytes, filled } = this
    writeSentinel(bytes, filled)
    for (;;) {
      const start = nextStartCode(bytes, this.seen) + SENTINEL_SIZE
      if (start >= filled) return
      const type = bytes[start]! & 0x1f
      if (isSliceStart(type)) {
        this.picture(type === NAL_IDR_SLICE || (this.randomAccess && this.recoveryPoint))
        return
      }
      const end = nextStartCode(bytes, start)
      if (end >= filled) {
        // The unit goes on in the next packet: it is read when it is whole.
        this.seen = start - SENTINEL_SIZE
        return
      }
      this.seen = end
      if (type === NAL_SPS && this.sps === undefined) this.readSps(bytes.subarray(start, end))
      else if (type === NAL_SEI && hasRecoveryPoint(bytes.subarray(start, end))) this.recoveryPoint = true
    }
  }

  private readSps(nal: Uint8Array): void {
    try {
      this.sps = readSps(nal)
    } catch (error) {
      if (!(error instanceof MalformedMedia)) throw error
      this.errors++
    }
  }

  private lookForAdts(): void {
    if (this.filled < this.seen + ADTS_MIN_HEADER_SIZE) return
    this.collecting = false
    if (!adts.read(this.bytes, this.seen)) return
    this.audio = { codec: aacCodec(adts.objectType), sampleRate: adts.sampleRate, channels: adts.channels }
  }

  private picture(isKey: boolean): void {
    this.collecting = false
    if (isKey) {
      this.keyFrames++
      if (this.pictures === 0) this.startsWithKeyFrame = true
    }
    this.pictures++
  }

  private reserve(size: number): void {
    if (size <= this.bytes.length) return
    const larger = Buffer.from(new ArrayBuffer(Math.max(size, this.bytes.length * 2)))
    larger.set(this.bytes)
    this.bytes = larger
  }
}
