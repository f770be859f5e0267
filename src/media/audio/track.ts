import type { SampleTable, Track } from '../sample.ts'
import type { Steps } from '../steps.ts'
import { rescale, TICKS_PER_SECOND } from '../time.ts'
import { type FrameSyntax, Sampler, type TimeMark } from './sampler.ts'
import type { SampleSink } from './samples.ts'

/** The longest duration a sample table can hold; only the next decoding time shows a longer silence. */
const LONGEST = 0xffffffff

export type AudioSamples = {
  readonly timescale: number
  readonly samples: SampleTable
  readonly media: Uint8Array
}

export type AudioLosses = {
  /** Number of samples left out: different from the first, incomplete, or before the first time. */
  dropped: number
  /** Number of places where frames do not follow each other. */
  lost: number
}

export type AudioSource = {
  /** Bytes with frames. */
  readonly bytes: Uint8Array
  /** The bytes may be moved; otherwise they are copied before the first move. */
  readonly inPlace: boolean
  /** The decoder configuration is known from elsewhere, so the frames need not carry it. */
  readonly hasHeader: boolean
}

/** A range of frames, and the positions of the times stated for them. */
export type FrameRange = { readonly from: number; readonly end: number; readonly marks: readonly TimeMark[] }

/** Bytes, many times as many as the largest frame has. */
export const WALKED_AT_ONCE = 128 * 1024

/** Cuts the samples out of a range of frames and moves them together. Undefined when none has a time. */
export function* cutSamples(
  syntax: FrameSyntax,
  source: AudioSource,
  { from, end, marks }: FrameRange,
  losses: AudioLosses,
): Steps<AudioSamples | undefined> {
  const table = new Table(source, losses)
  const sampler = new Sampler(syntax, table)
  const { maker } = sampler
  table.maker = maker
  for (const mark of marks) sampler.mark(mark)
  for (let at = from; ; yield) {
    const pieceEnd = Math.min(at + WALKED_AT_ONCE, end)
    at = sampler.walk(source.bytes, at, pieceEnd, at, pieceEnd === end)
    if (pieceEnd === end) break
  }
  losses.lost += sampler.lost
  if (table.sizes.length === 0 || !(source.hasHeader || maker.describe())) return undefined
  return { timescale: maker.sampleRate, samples: table.finish(), media: table.media }
}

/** Collects samples; their times count on from the last stated time. */
class Table implements SampleSink {
  readonly sizes: number[] = []
  maker: Pick<Sampler['maker'], 'sampleRate' | 'samplesPerFrame'> = { sampleRate: 0, samplesPerFrame: 0 }
  private bytes: Uint8Array
  private isOwn: boolean
  private readonly losses: AudioLosses
  private readonly dts: number[] = []
  private start = 0
  private output = 0
  /** The time at which the next frame is expected, given the frames so far. */
  private expected: number | undefined
  /** Frames were left out whose duration is known from their headers only. */
  private isVague = false

  constructor({ bytes, inPlace }: AudioSource, losses: AudioLosses) {
    this.bytes = bytes
    this.isOwn = inPlace
    this.losses = losses
  }

  get media(): Uint8Array {
    return this.bytes.subarray(this.start, this.output)
  }

  sample(pts: number | undefined, from: number, end: number): void {
    const { sampleRate, samplesPerFrame } = this.maker
    const { expected } = this
    const stated = pts === undefined ? expected : rescale(pts, TICKS_PER_SECOND, sampleRate)
    if (stated === undefined) {
      // Nothing states when frames before the first PTS are heard.
      this.losses.dropped++
      return
    }
    // A stated time within half a frame of the expected one is that time, rounded; a time that goes back is wrong.
    const tolerance = this.isVague ? 0 : samplesPerFrame / 2
    const isJump = expected === undefined || Math.abs(stated - expected) > tolerance
    const dts = isJump && stated > (this.dts.at(-1) ?? -Infinity) ? stated : expected!
    if (pts !== undefined) this.isVague = false
    this.dts.push(dts)
    this.expected = dts + samplesPerFrame
    this.sizes.push(end - from)
    this.keep(from, end)
  }

  skip(duration: number): void {
    this.losses.dropped++
    this.isVague = true
    if (this.expected !== undefined) this.expected += duration
  }

  finish(): SampleTable {
    const count = this.sizes.length
    const durations = new Uint32Array(count).fill(this.maker.samplesPerFrame)
    for (let i = 0; i + 1 < count; i++) durations[i] = Math.min(this.dts[i + 1]! - this.dts[i]!, LONGEST)
    return {
      count,
      sizes: Uint32Array.from(this.sizes),
      dts: Float64Array.from(this.dts),
      compositionOffsets: new Int32Array(count),
      durations,
      sync: new Uint8Array(count).fill(1),
    }
  }

  /** Keeps the sample's bytes, and moves nothing while no bytes between samples are left out. */
  private keep(from: number, end: number): void {
    if (this.sizes.length === 1) {
      this.start = from
      this.output = from
    }
    if (this.output !== from) {
      if (!this.isOwn) this.bytes = new Uint8Array(this.bytes)
      this.isOwn = true
      this.bytes.copyWithin(this.output, from, end)
    }
    this.output += end - from
  }
}

/** Makes a track of cut samples. */
export function audioTrack(pid: number, { timescale, samples, media }: AudioSamples): Track {
  return { kind: 'audio', pid, timescale, samples, media }
}
