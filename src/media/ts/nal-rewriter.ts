import { MalformedMedia, storeU32 } from '../bytes.ts'
import { START_CODE_SIZE, trimZeros } from '../codecs/nal.ts'
import { readSei } from '../codecs/sei.ts'
import { type NalRole, ROLE, type VideoStream } from '../codecs/video-stream.ts'
import type { EsBuffer } from './es-buffer.ts'
import { PictureList } from './picture-list.ts'

/** Ticks. Offsets and durations must fit 32 bits; a segment is never that long. */
const MAX_STEP = 2 ** 31

/** A minute of 60 pictures a second, each of 64 slices. */
const MOST_UNITS = 2 ** 18

/** The times a PES packet gives to the first access unit that begins in it. */
type PesTimes = {
  readonly pts: number
  readonly dts: number
  readonly randomAccess: boolean
  /** True until an access unit has begun in this packet. */
  isNew: boolean
}

type RewriterOptions = {
  readonly unwrap: (time: number) => number
  readonly fromKeyFrame: boolean
  /**
   * True when the decoder has parameter sets from the header; otherwise it gets those in front of the first picture.
   */
  readonly hasHeader: boolean
}

/** Rewrites NAL units in place behind their lengths, and tracks which of them make a sample. */
export class NalRewriter {
  /** The PES packet being read. */
  pes: PesTimes = { pts: -1, dts: -1, randomAccess: false, isNew: false }

  private readonly es: EsBuffer
  private readonly bytes: Buffer
  private readonly video: VideoStream
  private readonly options: RewriterOptions
  private readonly pictures: PictureList
  private output: number
  private units = 0

  /** Size of the last unit, which may continue in the next PES packet; its length belongs at `output`. */
  private unitSize = 0
  /** Zeros after the last unit, which belong to it if it continues. */
  private unitZeros = 0
  private unitPes = this.pes

  /** Offset of the picture being assembled. */
  private sampleStart: number
  private hasPicture = false
  private isKey = false
  private order = Number.NaN
  private epoch = 0
  private dts = Number.NaN
  private pts = Number.NaN

  /** Offset of the units that precede the next picture; -1 when there are none. */
  private nextStart = -1
  private nextPes = this.pes
  private recoveryPoint = false
  private hasSlices = false

  /** The last stated decoding time. */
  private lastDts = Number.NaN

  constructor(es: EsBuffer, video: VideoStream, options: RewriterOptions) {
    this.es = es
    this.bytes = es.bytes
    this.video = video
    this.options = options
    this.pictures = new PictureList(es.pesCount + 1)
    this.output = es.start
    this.sampleStart = es.start
  }

  /**
   * Takes the bytes of a PES packet before its first start code, at `next`, which are the rest of the unit before.
   * @returns the offset of that start code, or where it would be when the unit's zeros are part of it
   */
  continueUnit(from: number, next: number, end: number): number {
    const { bytes } = this
    if (this.unitSize === 0) return next
    let zeros = 0
    while (from + zeros < end && bytes[from + zeros] === 0) zeros++
    // A start code may be split between packets.
    if (zeros < 2 && zeros + this.unitZeros >= 2 && bytes[from + zeros] === 1 && from + zeros < end) {
      return from + zeros + 1 - START_CODE_SIZE
    }
    const partEnd = Math.min(next, end)
    const trimmed = trimZeros(bytes, from, partEnd)
    if (trimmed > from) {
      const at = this.output + 4 + this.unitSize
      bytes.fill(0, at, at + this.unitZeros)
      bytes.copyWithin(at + this.unitZeros, from, trimmed)
      this.unitSize += this.unitZeros + trimmed - from
      this.unitZeros = 0
    }
    this.unitZeros += partEnd - trimmed
    return next
  }

  /** Takes the NAL unit between two start codes. Throws MalformedMedia beyond `MOST_UNITS`. */
  unit(start: number, end: number): void {
    if (++this.units > MOST_UNITS) throw new MalformedMedia(`more than ${MOST_UNITS} NAL units`, start)
    this.endUnit()
    const trimmed = trimZeros(this.bytes, start, end)
    this.bytes.copyWithin(this.output + 4, start, trimmed)
    this.unitSize = trimmed - start
    this.unitZeros = end - trimmed
    this.unitPes = this.pes
  }

  /**
   * Ends the stream.
   * @returns its pictures, whose times may still be unknown, and the end of their media
   */
  end(): { readonly pictures: PictureList; readonly end: number } {
    this.endUnit()
    if (this.nextStart >= 0) this.output = this.nextStart
    this.endPicture(this.output)
    return { pictures: this.pictures, end: this.sampleStart }
  }

  /** Ends the last unit, which is then kept or left out. */
  private endUnit(): void {
    const at = this.output + 4
    if (this.unitSize >= this.video.headerSize && this.isKept(this.video.roleOf(this.bytes, at), at)) {
      storeU32(this.bytes, this.output, this.unitSize)
      this.output += 4 + this.unitSize
    }
    this.unitSize = 0
  }

  private isKept(role: NalRole, at: number): boolean {
    if (role === ROLE.other) return true
    if (role === ROLE.slice) return this.slice(at)
    if (role === ROLE.filler) return false
    this.beginNext()
    if (role === ROLE.sei && !this.recoveryPoint) {
      this.recoveryPoint = readSei(this.unitAt(at), this.video.headerSize).recoveryPoint === true
    }
    if (role !== ROLE.parameterSet) return role !== ROLE.delimiter
    const outcome = this.video.addParameterSet(this.unitAt(at))
    if (outcome === 'malformed') this.es.continuityErrors++
    // Without a known header, the first set with each id belongs there.
    return outcome === 'replaced'
      ? this.options.hasHeader || this.hasSlices
      : outcome === 'added' && this.options.hasHeader
  }

  private unitAt(at: number): Uint8Array {
    return this.bytes.subarray(at, at + this.unitSize)
  }

  /** Notes that the unit begins an access unit whose slices are still to come. */
  private beginNext(): void {
    if (this.nextStart >= 0) return
    this.nextStart = this.output
    this.nextPes = this.unitPes
  }

  /**
   * Takes a slice.
   * @returns false when it is empty
   */
  private slice(at: number): boolean {
    const { video } = this
    if (this.unitSize === video.headerSize) return false
    // first_mb_in_slice 0, first_slice_segment_in_pic_flag 1.
    const isFirst = (this.bytes[at + video.headerSize]! & 0x80) !== 0
    if (this.hasPicture && this.nextStart < 0 && !isFirst) return true
    this.beginNext()
    const { nextStart, nextPes, recoveryPoint } = this
    const access = { recoveryPoint, indicator: nextPes.isNew && nextPes.randomAccess }
    const picture = video.picture(this.bytes, at, at + this.unitSize, access)
    this.nextStart = -1
    this.recoveryPoint = false
    this.hasSlices = true
    if (this.hasPicture && picture.isSecondField) {
      nextPes.isNew = false
      return true
    }
    this.endPicture(nextStart)
    this.hasPicture = true
    this.isKey = picture.isKey
    this.order = picture.order ?? Number.NaN
    this.epoch = picture.epoch
    const isTimed = nextPes.isNew && nextPes.pts >= 0
    this.dts = isTimed ? this.options.unwrap(nextPes.dts) : Number.NaN
    this.pts = isTimed ? this.options.unwrap(nextPes.pts) : Number.NaN
    nextPes.isNew = false
    return true
  }

  /** Ends the picture before `end`; the unit being written lies after it. */
  private endPicture(end: number): void {
    if (!this.hasPicture) return
    this.hasPicture = false
    const isLeading = this.options.fromKeyFrame && this.pictures.count === 0 && !this.isKey
    if (isLeading || !this.isPlausible()) {
      if (!isLeading) this.es.dropped++
      // The units already written of the next picture move up, including the current one.
      this.bytes.copyWithin(this.sampleStart, end, this.output + 4 + this.unitSize)
      this.output -= end - this.sampleStart
      return
    }
    this.record(end - this.sampleStart)
    this.sampleStart = end
  }

  /** True when the picture's times can follow those before. */
  private isPlausible(): boolean {
    if (Number.isNaN(this.dts)) return this.pictures.count > 0
    if (Math.abs(this.pts - this.dts) >= MAX_STEP) return false
    return this.pictures.count === 0 || (this.dts >= this.lastDts && this.dts - this.lastDts < MAX_STEP)
  }

  private record(size: number): void {
    const { pictures } = this
    pictures.reserve()
    const n = pictures.count++
    pictures.sizes[n] = size
    pictures.dts[n] = this.dts
    pictures.pts[n] = this.pts
    pictures.orders[n] = this.order
    pictures.epochs[n] = this.epoch
    pictures.sync[n] = this.isKey ? 1 : 0
    if (!Number.isNaN(this.dts)) this.lastDts = this.dts
  }
}
