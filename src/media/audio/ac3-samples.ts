import { MalformedMedia } from '../bytes.ts'
import { Ac3AccessUnit } from '../codecs/ac3.ts'
import { AC3_SAMPLES_PER_FRAME } from '../codecs/ac3-configuration.ts'
import { Ac3Header, BLOCKS_PER_SAMPLE, SAMPLES_PER_BLOCK } from '../codecs/ac3-header.ts'
import type { AudioParameters } from '../codecs/audio-parameters.ts'
import { readEnhancedBsi } from '../codecs/eac3-bsi.ts'
import { TICKS_PER_SECOND } from '../time.ts'
import type { SampleMaker, SampleSink } from './samples.ts'

/** Frames that add up to six audio blocks, with all their substreams. */
type Group = {
  pts: number | undefined
  readonly from: number
  end: number
  blocks: number
  whole: boolean
}

/**
 * Makes samples of AC-3 and E-AC-3, each six audio blocks of the first program with all other substreams of that
 * time. It leaves out frames that differ from the first in rate or channels, and blocks that do not add up to six.
 */
export class Ac3Samples implements SampleMaker<Ac3Header> {
  readonly samplesPerFrame = AC3_SAMPLES_PER_FRAME
  sampleRate = 0
  private readonly sink: SampleSink
  private readonly first = new Ac3Header()
  private group: Group | undefined
  /** The first access unit; it is complete when the next one begins. */
  private unit = new Ac3AccessUnit()
  private isDescribed = false
  private samples = 0

  constructor(sink: SampleSink) {
    this.sink = sink
  }

  frame(header: Ac3Header, bytes: Uint8Array, at: number, position: number, pts: number | undefined): void {
    const frame = bytes.subarray(at, at + header.frameSize)
    const follows = this.group !== undefined && this.group.end === position
    if (header.isPrincipal) {
      this.begin(header, frame, position, pts)
    } else if (this.group === undefined) {
      // The principal frame of this substream lies before the segment.
      this.sink.skip(0)
      return
    }
    const group = this.group!
    if (!follows && group.from !== position) group.whole = false
    group.end = position + header.frameSize
    if (!this.isDescribed) this.describeBy(header, frame, follows)
  }

  end(): void {
    this.flush()
  }

  describe(): AudioParameters | undefined {
    return this.samples === 0 ? undefined : this.unit.describe()
  }

  /** Takes a frame of the first program: completes the current six blocks, or begins new ones. */
  private begin(header: Ac3Header, frame: Uint8Array, position: number, pts: number | undefined): void {
    if (this.sampleRate === 0) {
      this.first.read(frame, 0)
      this.sampleRate = header.sampleRate
    }
    const { group } = this
    const blocks = group?.blocks ?? 0
    if (blocks + header.blocks > BLOCKS_PER_SAMPLE || (blocks > 0 && startsSix(header, frame))) this.flush()
    if (this.group === undefined) {
      this.group = { pts, from: position, end: position, blocks: header.blocks, whole: true }
    } else {
      // The time of a later frame of the group gives the time of the first.
      const before = Math.round((blocks * SAMPLES_PER_BLOCK * TICKS_PER_SECOND) / this.sampleRate)
      if (pts !== undefined) this.group.pts ??= pts - before
      this.group.blocks += header.blocks
    }
    if (!header.agrees(this.first)) this.group.whole = false
  }

  private flush(): void {
    const { group } = this
    if (group === undefined) return
    this.group = undefined
    if (group.whole && group.blocks === BLOCKS_PER_SAMPLE) {
      this.samples++
      this.sink.sample(group.pts, group.from, group.end)
    } else {
      this.sink.skip(group.blocks * SAMPLES_PER_BLOCK)
    }
  }

  private describeBy(header: Ac3Header, frame: Uint8Array, follows: boolean): void {
    if (header.isPrincipal && !this.unit.isEmpty && follows) {
      this.isDescribed = true
      return
    }
    // The bytes lost before this frame may have been a substream: describe the next access unit instead.
    if (!follows) this.unit = new Ac3AccessUnit()
    if (this.unit.isEmpty && !(header.isPrincipal && header.agrees(this.first))) return
    try {
      this.unit.add(header, frame)
    } catch (error) {
      if (!(error instanceof MalformedMedia)) throw error
      this.unit = new Ac3AccessUnit()
    }
  }
}

function startsSix(header: Ac3Header, frame: Uint8Array): boolean {
  if (!header.isEnhanced || header.blocks === BLOCKS_PER_SAMPLE) return false
  try {
    return readEnhancedBsi(frame).converterSync === true
  } catch (error) {
    if (error instanceof MalformedMedia) return false
    throw error
  }
}
