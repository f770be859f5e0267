import { PTS_MODULUS, TICKS_PER_SECOND, ticks, unwrapPts } from '../time.ts'
import type { SampleMaker, SampleSink } from './samples.ts'

/** Keeps the times of samples, and nothing else of them. */
export class SampleTimes implements SampleSink {
  /** The maker of the samples whose times are kept. */
  maker: Pick<SampleMaker<never>, 'sampleRate' | 'samplesPerFrame'> | undefined
  private lastStated: number | undefined
  private first: number | undefined
  private last = 0
  /** The last stated time; `since` counts the audio samples after it. */
  private base: number | undefined
  private since = 0

  /** Unwraps a 33-bit PTS relative to the one before. */
  unwrap(pts: number): number {
    this.lastStated = this.lastStated === undefined ? pts : unwrapPts(pts, ticks(this.lastStated))
    return this.lastStated
  }

  /**
   * 33-bit PTS of the first sample, and PTS of the last, unwrapped relative to it; null when no sample has a time.
   */
  get range(): { readonly first: number; readonly last: number } | null {
    const { first, last } = this
    if (first === undefined) return null
    // Times before the first sample's may have wrapped the clock in either direction.
    const turns = Math.floor(first / PTS_MODULUS) * PTS_MODULUS
    return { first: first - turns, last: last - turns }
  }

  sample(pts: number | undefined): void {
    const { sampleRate, samplesPerFrame } = this.maker!
    if (pts !== undefined) {
      this.base = pts
      this.since = 0
    } else this.since += samplesPerFrame
    if (this.base === undefined) return
    const time = this.base + Math.round((this.since * TICKS_PER_SECOND) / sampleRate)
    if (this.first === undefined) {
      this.first = time
      this.last = time
    } else this.last = Math.max(this.last, time)
  }

  skip(duration: number): void {
    this.since += duration
  }
}
