/** What is seen of a player that plays. */

/** Something a player or its media element complained of. Times in milliseconds. */
export type Complaint = {
  /** Since 1970. */
  readonly at: number
  readonly text: string
  /** How long the picture had stood still by then. */
  readonly still: number
  /** Seconds of media it had in hand. */
  readonly ahead: number
}

/** Milliseconds since 1970. */
export type Span = { readonly from: number; readonly to: number }

/** A span in which the picture fell behind the clock, as the page saw it. */
export type SeenStall = Span & {
  /** On the media timeline, in seconds. */
  readonly at: number
  /** By how many milliseconds. */
  readonly stood: number
  /** The least media it had in hand, in seconds. */
  readonly ahead: number
}

/** An event of SCTE 35, in seconds of the media timeline unless said otherwise. */
export type SpliceEvent = {
  /** Of a date range of HLS, `com.apple.quicktime.HLS`. */
  readonly scheme: string
  readonly id: string
  readonly start: number
  /** Infinity, or not a number, where it is not known. */
  readonly end: number
  /** When the player told of it, in milliseconds since 1970. */
  readonly at: number
}

export type Playback = {
  /** When this was so, in milliseconds since 1970. */
  readonly now: number
  /** Position on the media timeline. */
  readonly mediaSeconds: number
  /** Seconds of media it holds beyond that, without a hole. */
  readonly ahead: number
  /** Of what is listed so far, while the presentation is live. */
  readonly duration: number
  /** The first position that can be sought. */
  readonly earliest: number
  /** Decoded so far, the dropped ones included. */
  readonly frames: number
  readonly dropped: number
  /** Of the pictures, in pixels. */
  readonly height: number
  /** Of the sound. */
  readonly language: string
  readonly ended: boolean
  readonly stalls: readonly SeenStall[]
  /** When the page was not run. */
  readonly delays: readonly Span[]
  /** All that the player has found so far. */
  readonly events: readonly SpliceEvent[]
  readonly errors: readonly Complaint[]
}

export type PlayedThrough = Playback & {
  /** What it was changed to on the way, in order. */
  readonly shown: readonly string[]
}

/** How it went for a viewer of a live presentation whose source comes and goes. */
export type Watched = {
  /** Of the clock, since the first picture moved. */
  readonly seconds: number
  readonly mediaSeconds: number
  /** Every span in which the picture fell behind the clock, however short. */
  readonly stalls: readonly Stall[]
  /** Every place the player went past without playing it. */
  readonly jumps: readonly Jump[]
  readonly frames: number
  readonly dropped: number
  /** The machine's lateness over all these seconds. */
  readonly lateSeconds: number
  readonly errors: readonly string[]
  /**
   * Of SCTE 35, each way in which the player has told of them: those of HLS in seconds since 1970, those of DASH in
   * seconds since availabilityStartTime.
   */
  readonly events: readonly SpliceEvent[]
  /** For how many seconds the picture had stood still in the end. */
  readonly standing: number
}

export type Stall = {
  /** On the media timeline. */
  readonly at: number
  readonly seconds: number
  /** How long the machine did not run what was ready to run, from a little before the stall until its end. */
  readonly lateSeconds: number
  /** The least media it had in hand, in seconds. */
  readonly ahead: number
}

export type Jump = { readonly from: number; readonly to: number }

/** A picture that stands, and where that is on the media timeline, in seconds. */
export type Standing = {
  readonly at: number
  readonly duration: number
  /** Grey values, row by row. */
  readonly values: readonly number[]
}

export type Edges = { readonly first: Standing; readonly last: Standing }

export type Images = { readonly sizes: readonly string[]; readonly urls: readonly string[] }
