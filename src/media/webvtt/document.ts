/** A WebVTT file as an encoder segments it for HLS: W3C WebVTT §4, with the header of RFC 8216 §3.5. */
export type WebVtt = {
  readonly map: TimestampMap
  /** The settings of each REGION block, unparsed. */
  readonly regions: readonly string[]
  /** The CSS of each STYLE block, unparsed. */
  readonly styles: readonly string[]
  readonly cues: readonly Cue[]
  /** Number of cues and timestamp maps that were not understood and left out. */
  readonly malformed: number
}

/** X-TIMESTAMP-MAP: `local` on the file's clock is `mpegts` as PTS, both in 90 kHz ticks; `mpegts` is modulo 2³³. */
export type TimestampMap = { readonly mpegts: number; readonly local: number }

/** The map of a file without X-TIMESTAMP-MAP, RFC 8216 §3.5. */
export const NO_OFFSET: TimestampMap = { mpegts: 0, local: 0 }

export type Cue = {
  readonly id?: string
  /** 90 kHz ticks on the file's own clock. */
  readonly start: number
  /** Later than `start`, on the same clock. */
  readonly end: number
  /** `line:`, `position:`, `align:` and so on, unparsed; empty when there are none. */
  readonly settings: string
  /** Cue text of W3C WebVTT §4.2.2, its lines separated by `\n`. */
  readonly text: string
}
