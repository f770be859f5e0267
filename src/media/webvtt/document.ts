/** A WebVTT file as an encoder cuts it for HLS: W3C WebVTT §4, with the header of RFC 8216 §3.5. */
export type WebVtt = {
  readonly map: TimestampMap
  /** The settings of each REGION block, as they stand. */
  readonly regions: readonly string[]
  /** The CSS of each STYLE block, as it stands. */
  readonly styles: readonly string[]
  readonly cues: readonly Cue[]
  /** Cues and timestamp maps that could not be understood, and were left out. */
  readonly malformed: number
}

/** X-TIMESTAMP-MAP: that time of the file is that PTS. Both in 90 kHz ticks; `mpegts` is read modulo 2³³. */
export type TimestampMap = { readonly mpegts: number; readonly local: number }

/** What a file without X-TIMESTAMP-MAP means, RFC 8216 §3.5. */
export const NO_OFFSET: TimestampMap = { mpegts: 0, local: 0 }

export type Cue = {
  readonly id?: string
  /** 90 kHz ticks on the file's own clock. */
  readonly start: number
  /** After `start`. */
  readonly end: number
  /** `line:`, `position:`, `align:` and so on, as they stand; empty when there are none. */
  readonly settings: string
  /** Cue text of W3C WebVTT §4.2.2, its lines separated by `\n`. */
  readonly text: string
}
