import { ByteWriter } from '../bytes.ts'
import type { SampleTable } from '../sample.ts'

/** The tables of a track with an entry for each sample or run of samples, ISO/IEC 14496-12 §8.6 and §8.7.3. */
export const SAMPLE_TABLES = ['stts', 'ctts', 'stss', 'stsz'] as const

export type SampleTableName = (typeof SAMPLE_TABLES)[number]

/** Bytes of the entries of each table. */
export type TableEntries = Readonly<Record<SampleTableName, Uint8Array>>

/** What a finished movie says of a track's tables besides their entries. */
export type TableFacts = {
  readonly samples: number
  /** Number of entries of each table; `stsz` has one for each sample. */
  readonly entries: Readonly<Record<SampleTableName, number>>
  /** From the decoding of the first sample to the end of the last. */
  readonly duration: number
  /** True when a sample is shown at another time than that at which it is decoded. */
  readonly hasOffsets: boolean
  /** True when one is shown before it. */
  readonly hasNegativeOffsets: boolean
}

/**
 * Makes the entries of a track's tables while its samples come, chunk by chunk. `drain` hands out the entries made so
 * far, so that nothing of a long movie has to stay in memory.
 */
export class SampleTableWriter {
  private readonly written: Readonly<Record<SampleTableName, ByteWriter>>
  private readonly entries: Record<SampleTableName, number> = { stts: 0, ctts: 0, stss: 0, stsz: 0 }
  private samples = 0
  private first = 0
  /** Of the newest sample, whose entry in stts waits for the next one. */
  private newest: { readonly dts: number; readonly duration: number } | undefined
  private deltas: Run | undefined
  private offsets: Run | undefined
  private hasOffsets = false
  private hasNegativeOffsets = false

  constructor() {
    this.written = emptyWriters()
  }

  /** End of the newest sample, if another one does not come before; undefined without samples. */
  get end(): number | undefined {
    return this.newest && this.newest.dts + this.newest.duration
  }

  /**
   * Adds samples behind those that are there. A sample that is said to be decoded no later than the one before is
   * decoded one unit after it.
   */
  add({ count, dts, durations, compositionOffsets, sizes, sync }: SampleTable): void {
    for (let i = 0; i < count; i++) {
      const time = Math.max(dts[i]!, this.newest ? this.newest.dts + 1 : dts[i]!)
      if (this.newest) this.addDelta(time - this.newest.dts)
      else this.first = time
      this.newest = { dts: time, duration: durations[i]! }
      const offset = dts[i]! + compositionOffsets[i]! - time
      if (offset !== 0) this.hasOffsets = true
      if (offset < 0) this.hasNegativeOffsets = true
      this.addOffset(offset)
      this.samples++
      this.written.stsz.u32(sizes[i]!)
      this.entries.stsz++
      if (sync[i] === 1) {
        this.written.stss.u32(this.samples)
        this.entries.stss++
      }
    }
  }

  /** Ends the last runs: no more samples come. */
  finish(): TableFacts {
    const { newest, samples, entries } = this
    const end = this.end ?? 0
    if (newest) this.addDelta(newest.duration)
    if (this.deltas) this.writeRun('stts', this.deltas)
    if (this.offsets) this.writeRun('ctts', this.offsets)
    this.deltas = undefined
    this.offsets = undefined
    const { hasOffsets, hasNegativeOffsets } = this
    return { samples, entries, duration: end - this.first, hasOffsets, hasNegativeOffsets }
  }

  /** The entries made since the last time, as views that are valid until the next samples. */
  drain(): TableEntries {
    const drained = emptyEntries()
    for (const name of SAMPLE_TABLES) drained[name] = this.written[name].take()
    return drained
  }

  private addDelta(delta: number): void {
    if (this.deltas?.value === delta) this.deltas.count++
    else {
      if (this.deltas) this.writeRun('stts', this.deltas)
      this.deltas = { count: 1, value: delta }
    }
  }

  private addOffset(offset: number): void {
    if (this.offsets?.value === offset) this.offsets.count++
    else {
      if (this.offsets) this.writeRun('ctts', this.offsets)
      this.offsets = { count: 1, value: offset }
    }
  }

  private writeRun(name: 'stts' | 'ctts', { count, value }: Run): void {
    this.written[name].u32(count)
    this.written[name].u32(value)
    this.entries[name]++
  }
}

type Run = { count: number; readonly value: number }

function emptyWriters(): Record<SampleTableName, ByteWriter> {
  return { stts: new ByteWriter(), ctts: new ByteWriter(), stss: new ByteWriter(), stsz: new ByteWriter() }
}

function emptyEntries(): Record<SampleTableName, Uint8Array> {
  const none = new Uint8Array()
  return { stts: none, ctts: none, stss: none, stsz: none }
}
