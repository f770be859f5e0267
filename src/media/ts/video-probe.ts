import { MalformedMedia } from '../bytes.ts'
import { nextStartCode, SLICE_HEADER_SIZE, START_CODE_SIZE, trimZeros, writeSentinel } from '../codecs/nal.ts'
import { readSei, type Sei } from '../codecs/sei.ts'
import { type NalRole, ROLE, type VideoParameters, type VideoStream } from '../codecs/video-stream.ts'
import type { TrackDescription } from '../track.ts'
import { describeCarried } from './carried-probe.ts'
import { KeyFrameIndex } from './key-frame-index.ts'
import { type PayloadProbe, type PesBeginning, RANK } from './payload-probe.ts'
import type { ElementaryStream } from './psi.ts'

/**
 * Probes H.264 or HEVC in the beginning of each PES packet, up to the first slice: further pictures in the same PES
 * packet are not seen. The first key frame describes the track.
 */
export class VideoProbe implements PayloadProbe {
  private readonly stream: ElementaryStream
  private readonly video: VideoStream
  private readonly index = new KeyFrameIndex()
  private hasPictures = false
  /** The PES packet in which the next picture begins, until its first slice has been found. */
  private pes: PesBeginning | undefined
  /** True when the PES packet has been seen to its end. */
  private isWhole = false
  /** True when the PES packet begins with the rest of the picture before. */
  private trails = false
  /** Offset in the payload of the first byte not yet looked at. */
  private seen = 0
  /** True when a NAL unit that begins an access unit preceded the first slice. */
  private begun = false
  /** SEI in front of the next picture. */
  private sei: Sei = {}
  private parameters: VideoParameters | undefined
  /** What captions the pictures have, by their names in INSTREAM-ID. */
  readonly captions = new Set<string>()

  constructor(stream: ElementaryStream, video: VideoStream) {
    this.stream = stream
    this.video = video
  }

  get rank(): number {
    return this.describe().kind === 'video' ? RANK.video : RANK.undescribedVideo
  }

  get isEmpty(): boolean {
    return !this.hasPictures
  }

  get keyFrames() {
    return this.index.keyFrames
  }

  get startsWithKeyFrame(): boolean {
    return this.index.startsWithKeyFrame
  }

  begin(pes: PesBeginning): void {
    // A PES packet without a time continues what the one before it began.
    if (this.pes === undefined || pes.pts >= 0) {
      this.pes = pes
      this.begun = false
    }
    this.seen = 0
    this.isWhole = false
  }

  look(bytes: Buffer, from: number, end: number, isLast: boolean): boolean {
    const { headerSize } = this.video
    this.isWhole = isLast
    writeSentinel(bytes, end)
    if (this.seen === 0) this.trails = bytes[from] !== 0
    for (;;) {
      const start = nextStartCode(bytes, from + this.seen) + START_CODE_SIZE
      if (start + headerSize >= end) return true
      const next = nextStartCode(bytes, start)
      const isComplete = next < end || isLast
      const role = this.video.roleOf(bytes, start)
      if (role === ROLE.slice && (isComplete || end - start >= headerSize + SLICE_HEADER_SIZE)) {
        this.slice(bytes, start, Math.min(next, end))
        return false
      }
      if (!isComplete) {
        // The unit continues in the next packet, and is read once it is whole.
        this.seen = start - START_CODE_SIZE - from
        return true
      }
      this.seen = Math.min(next, end) - from
      this.unit(role, bytes.subarray(start, trimZeros(bytes, start, Math.min(next, end))))
    }
  }

  end(offset: number): number {
    // A picture whose slices lie further on is judged by the multiplexer's random_access_indicator.
    if (this.pes !== undefined && !this.isWhole) this.picture(this.pes, this.pes.randomAccess)
    this.index.packetEnds(offset)
    return 0
  }

  describe(): TrackDescription {
    const parameters = this.parameters ?? this.describeWith({})
    return parameters === undefined
      ? describeCarried(this.stream)
      : { kind: 'video', pid: this.stream.pid, ...parameters }
  }

  private unit(role: NalRole, nal: Uint8Array): void {
    if (role === ROLE.parameterSet) this.video.addParameterSet(nal)
    else if (role === ROLE.sei) this.supplement(readSei(nal, this.video.headerSize))
    if (role !== ROLE.other && role !== ROLE.filler) this.begun = true
  }

  private supplement({ captions = [], ...sei }: Sei): void {
    this.sei = { ...this.sei, ...sei }
    for (const name of captions) this.captions.add(name)
  }

  private slice(bytes: Uint8Array, at: number, end: number): void {
    const { pes, sei } = this
    if (pes === undefined) return
    // The first slice of a picture has first_mb_in_slice 0, or first_slice_segment_in_pic_flag 1.
    const isFirst = (bytes[at + this.video.headerSize]! & 0x80) !== 0
    if (!isFirst && !this.begun && this.hasPictures) {
      this.pes = undefined
      return
    }
    const access = { recoveryPoint: sei.recoveryPoint === true, indicator: pes.randomAccess }
    const { isKey, isSecondField } = this.video.picture(bytes, at, end, access)
    this.sei = {}
    if (isKey && this.parameters === undefined) this.parameters = this.describeWith(sei)
    if (isSecondField) this.pes = undefined
    else this.picture(pes, isKey)
  }

  private picture(pes: PesBeginning, isKey: boolean): void {
    this.index.picture(pes, isKey, this.trails)
    this.hasPictures = true
    this.pes = undefined
  }

  private describeWith(sei: Sei): VideoParameters | undefined {
    try {
      return this.video.parameters(sei)
    } catch (error) {
      if (error instanceof MalformedMedia) return undefined
      throw error
    }
  }
}
