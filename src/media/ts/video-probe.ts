import { ByteWriter, equalBytes, hexOf, MalformedMedia } from '../bytes.ts'
import { writeAvcC } from '../codecs/avc-configuration.ts'
import { avcCodec } from '../codecs/codec-string.ts'
import {
  hasRecoveryPoint,
  isSliceStart,
  NAL_IDR_SLICE,
  NAL_PPS,
  NAL_SEI,
  NAL_SPS,
  nextStartCode,
  readPps,
  readSps,
  SENTINEL_SIZE,
  trimZeros,
  writeSentinel,
} from '../codecs/h264.ts'
import type { TrackDescription, VideoDescription } from '../track.ts'
import { describeCarried } from './carried-probe.ts'
import { KeyFrameIndex } from './key-frame-index.ts'
import { type PayloadProbe, type PesBeginning, RANK } from './payload-probe.ts'
import type { ElementaryStream } from './psi.ts'

/** H.264, looked at in the beginning of each PES packet as far as the first slice. */
export class VideoProbe implements PayloadProbe {
  private readonly stream: ElementaryStream
  private readonly index = new KeyFrameIndex()
  private pes: PesBeginning | undefined
  /** Offset of the first byte not yet looked at, from the beginning of the payload. */
  private seen = 0
  private recoveryPoint = false
  private readonly sps = new Map<number, Uint8Array>()
  private readonly pps = new Map<number, Uint8Array>()
  private description: VideoDescription | undefined

  constructor(stream: ElementaryStream) {
    this.stream = stream
  }

  get rank(): number {
    return this.description === undefined ? RANK.undescribedVideo : RANK.video
  }

  get keyFrames() {
    return this.index.keyFrames
  }

  get startsWithKeyFrame(): boolean {
    return this.index.startsWithKeyFrame
  }

  begin(pes: PesBeginning): void {
    this.pes = pes
    this.seen = 0
    this.recoveryPoint = false
  }

  look(bytes: Buffer, from: number, end: number): boolean {
    writeSentinel(bytes, end)
    for (;;) {
      const start = nextStartCode(bytes, from + this.seen) + SENTINEL_SIZE
      if (start >= end) return true
      const type = bytes[start]! & 0x1f
      if (isSliceStart(type)) {
        this.picture(type === NAL_IDR_SLICE || (this.pes?.randomAccess === true && this.recoveryPoint))
        return false
      }
      const nalEnd = nextStartCode(bytes, start)
      if (nalEnd >= end) {
        // The unit goes on in the next packet: it is read when it is whole.
        this.seen = start - SENTINEL_SIZE - from
        return true
      }
      this.seen = nalEnd - from
      const nal = bytes.subarray(start, trimZeros(bytes, start, nalEnd))
      if (type === NAL_SPS || type === NAL_PPS) this.parameterSet(type, nal)
      else if (type === NAL_SEI && hasRecoveryPoint(nal)) this.recoveryPoint = true
    }
  }

  end(offset: number): number {
    // A picture whose slices lie further on is judged by what the multiplexer said of it.
    if (this.pes !== undefined) this.picture(this.pes.randomAccess)
    this.index.end(offset)
    return 0
  }

  describe(): TrackDescription {
    return this.description ?? describeCarried(this.stream)
  }

  private picture(isKey: boolean): void {
    this.index.picture(this.pes!, isKey)
    this.pes = undefined
    this.description ??= this.describeSets()
  }

  private parameterSet(type: number, nal: Uint8Array): void {
    if (this.description !== undefined) return
    const sets = type === NAL_SPS ? this.sps : this.pps
    for (const known of sets.values()) if (equalBytes(known, nal)) return
    try {
      sets.set(type === NAL_SPS ? readSps(nal).id : readPps(nal).id, new Uint8Array(nal))
    } catch (error) {
      if (!(error instanceof MalformedMedia)) throw error
    }
  }

  private describeSets(): VideoDescription | undefined {
    const [first] = this.sps.values()
    if (first === undefined || this.pps.size === 0) return undefined
    const writer = new ByteWriter(256)
    writeAvcC(writer, { sps: [...this.sps.values()], pps: [...this.pps.values()] })
    const sps = readSps(first)
    const { width, height, frameRate } = sps
    return {
      kind: 'video',
      pid: this.stream.pid,
      codec: avcCodec(sps),
      configuration: hexOf(writer.result()),
      width,
      height,
      ...(frameRate === undefined ? {} : { frameRate }),
    }
  }
}
