/** The samples of a track in decoding order, field by field: the n-th entry of each array belongs to sample n. */
export type SampleTable = {
  readonly count: number
  /** Size of each sample in bytes; samples are consecutive in the track's media. */
  readonly sizes: Uint32Array
  /** Decoding times in units of the track's timescale; they never decrease. */
  readonly dts: Float64Array
  /** Composition time minus decoding time, in the same units. */
  readonly compositionOffsets: Int32Array
  readonly durations: Uint32Array
  /** 1 where decoding can start, otherwise 0. */
  readonly sync: Uint8Array
}

/** Makes a table of `count` samples, all zeros. */
export function emptySamples(count: number): SampleTable {
  return {
    count,
    sizes: new Uint32Array(count),
    dts: new Float64Array(count),
    compositionOffsets: new Int32Array(count),
    durations: new Uint32Array(count),
    sync: new Uint8Array(count),
  }
}

/** The samples from `first` up to but not including `end`, as views. */
export function samplesBetween(all: SampleTable, first: number, end: number): SampleTable {
  if (first === 0 && end === all.count) return all
  return {
    count: end - first,
    sizes: all.sizes.subarray(first, end),
    dts: all.dts.subarray(first, end),
    compositionOffsets: all.compositionOffsets.subarray(first, end),
    durations: all.durations.subarray(first, end),
    sync: all.sync.subarray(first, end),
  }
}

/** Size of the data of some samples, in bytes. */
export function sizeOf({ sizes }: SampleTable, first: number, end: number): number {
  return sizes.subarray(first, end).reduce((sum, size) => sum + size, 0)
}

/** A part of data that lie in several pieces, as views of them. */
export function* dataBetween(
  media: readonly Uint8Array[],
  { skipped, bytes }: { readonly skipped: number; readonly bytes: number },
): Generator<Uint8Array> {
  let at = 0
  for (const piece of media) {
    const part = piece.subarray(Math.max(0, skipped - at), Math.max(0, skipped + bytes - at))
    if (part.length > 0) yield part
    at += piece.length
  }
}

/** The samples of one track of one source segment, in the form MP4 needs. */
export type Track = {
  readonly kind: 'video' | 'audio'
  /** MPEG-TS packet identifier; 0 in packed audio. */
  readonly pid: number
  /** Units per second of all times: 90 000 for video, the sample rate of the frames for audio. */
  readonly timescale: number
  readonly samples: SampleTable
  /**
   * Video: each access unit is a sequence of NAL units after four-byte lengths, without delimiters, filler, and the
   * parameter sets of the track's configuration; other parameter sets stay. Audio: AAC without ADTS headers; AC-3 and
   * E-AC-3 as whole frames, all substreams of one time in one sample.
   */
  readonly media: Uint8Array
}

/** A timed ID3 tag. */
export type Id3Event = {
  readonly pid: number
  /** 90 kHz ticks, unwrapped. */
  readonly pts: number
  readonly tag: Uint8Array
}
