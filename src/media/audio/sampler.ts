import { MalformedMedia } from '../bytes.ts'
import { AdtsHeader } from '../codecs/aac.ts'
import { Ac3Header } from '../codecs/ac3-header.ts'
import { AacSamples } from './aac-samples.ts'
import { Ac3Samples } from './ac3-samples.ts'
import { type FrameHeader, FrameWalker } from './frame-walker.ts'
import type { SampleMaker, SampleSink } from './samples.ts'

/** Frame syntax; `ac3` covers AC-3 and E-AC-3. */
export type FrameSyntax = 'aac' | 'ac3'

/** An hour of AAC at 48 kHz has 168,750; E-AC-3 of one block in eight substreams has so many in three minutes. */
const MOST_FRAMES = 2 ** 18

/**
 * An unwrapped time in 90 kHz ticks. It applies to the first frame that begins at or after `position` in the stream.
 */
export type TimeMark = { readonly position: number; readonly pts: number }

/**
 * Finds the samples in a stream of frames, and the time stated for each. Throws MalformedMedia beyond `MOST_FRAMES`.
 */
export class Sampler {
  readonly maker: AacSamples | Ac3Samples
  private readonly walker: FrameWalker<AdtsHeader> | FrameWalker<Ac3Header>
  private readonly marks: TimeMark[] = []
  private nextMark = 0
  /** Position in the stream of offset 0 of the bytes being walked. */
  private base = 0
  private frames = 0

  constructor(syntax: FrameSyntax, sink: SampleSink) {
    if (syntax === 'aac') {
      const maker = new AacSamples(sink)
      this.maker = maker
      this.walker = this.walkerFor(() => new AdtsHeader(), maker)
    } else {
      const maker = new Ac3Samples(sink)
      this.maker = maker
      this.walker = this.walkerFor(() => new Ac3Header(), maker)
    }
  }

  /** See `FrameWalker`. */
  get lost(): number {
    return this.walker.lost
  }

  /** See `FrameWalker`. */
  get wanted(): number {
    return this.walker.wanted
  }

  mark({ position, pts }: TimeMark): void {
    // Marks already used need not be kept.
    if (this.nextMark === this.marks.length) {
      this.marks.length = 0
      this.nextMark = 0
    }
    if (this.marks.at(-1)?.position === position) this.marks.pop()
    this.marks.push({ position, pts })
  }

  /** Walks frames in `bytes`, where offset `from` is `position` in the stream; see `FrameWalker.walk`. */
  walk(bytes: Uint8Array, from: number, end: number, position: number, final: boolean): number {
    this.base = position - from
    const stopped = this.walker.walk(bytes, from, end, final)
    if (final) this.maker.end()
    return stopped
  }

  private walkerFor<Header extends FrameHeader>(make: () => Header, maker: SampleMaker<Header>): FrameWalker<Header> {
    return new FrameWalker(make, (header, bytes, at) => {
      const position = this.base + at
      if (++this.frames > MOST_FRAMES) throw new MalformedMedia(`more than ${MOST_FRAMES} audio frames`, position)
      maker.frame(header, bytes, at, position, this.ptsAt(position))
    })
  }

  private ptsAt(position: number): number | undefined {
    let pts: number | undefined
    for (; this.nextMark < this.marks.length; this.nextMark++) {
      const mark = this.marks[this.nextMark]!
      if (mark.position > position) break
      pts = mark.pts
    }
    return pts
  }
}
