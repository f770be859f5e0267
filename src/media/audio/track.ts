import type { SampleTable, Track } from '../sample.ts'
import { rescale, TICKS_PER_SECOND } from '../time.ts'
import { type FrameSyntax, Sampler, type TimeMark } from './sampler.ts'
import type { SampleSink } from './samples.ts'

/** What a table can say of one sample; a silence longer than that is told by the decoding time behind it alone. */
const LONGEST = 0xffffffff

export type AudioSamples = {
  readonly timescale: number
  readonly samples: SampleTable
  readonly media: Uint8Array
}

export type AudioLosses = {
  /** Samples left out: they differ from the first, are not complete, or come before the first time. */
  dropped: number
  /** Places where frames do not follow each other. */
  lost: number
}

/**
 * Bytes with frames; whether they may be moved. Where they must not, they are copied before the first that has to be.
 */
type Source = { readonly bytes: Uint8Array; readonly inPlace: boolean }

/** The samples of the frames from `from` to `end`, moved together. Undefined when there is none with a time. */
export function cutSamples(
  syntax: FrameSyntax,
  source: Source,
  from: number,
  end: number,
  marks: readonly TimeMark[],
  losses: AudioLosses,
): AudioSamples | undefined {
  const table = new Table(source, losses)
  const sampler = new Sampler(syntax, table)
  const { maker } = sampler
  table.maker = maker
  for (const mark of marks) sampler.mark(mark)
  sampler.walk(source.bytes, from, end, from, true)
  losses.lost += sampler.lost
  if (table.sizes.length === 0 || maker.describe() === undefined) return undefined
  return { timescale: maker.sampleRate, samples: table.finish(), media: table.media }
}

/** Gathers samples; their times count on from the last that was stated. */
class Table implements SampleSink {
  readonly sizes: number[] = []
  maker: Pick<Sampler['maker'], 'sampleRate' | 'samplesPerFrame'> = { sampleRate: 0, samplesPerFrame: 0 }
  private bytes: Uint8Array
  private isOwn: boolean
  private readonly losses: AudioLosses
  private readonly dts: number[] = []
  private start = 0
  private output = 0
  /** Where the frames so far lead. */
  private expected: number | undefined
  /** Frames were left out, whose length is only as good as their headers. */
  private isVague = false

  constructor({ bytes, inPlace }: Source, losses: AudioLosses) {
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
      // Before the first PTS there is no telling when a frame is heard.
      this.losses.dropped++
      return
    }
    // A time within half a frame of where the frames before it lead is theirs, rounded; one that goes back is wrong.
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

  /** Where nothing is left out between samples, nothing is moved. */
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

/** A track of what was cut. */
export function audioTrack(pid: number, { timescale, samples, media }: AudioSamples): Track {
  return { kind: 'audio', pid, timescale, samples, media }
}
