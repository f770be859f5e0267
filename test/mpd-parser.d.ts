/** The part of mpd-parser that the tests read; the package ships no types. */
declare module 'mpd-parser' {
  type Segment = {
    readonly uri: string
    readonly resolvedUri: string
    readonly duration: number
    readonly number: number
    /** Seconds since the presentation began. */
    readonly presentationTime: number
    readonly discontinuity?: boolean
    /** Which Period it is of. */
    readonly timeline: number
    readonly map: { readonly uri: string; readonly resolvedUri: string }
  }
  type Playlist = {
    readonly attributes: Readonly<Record<string, unknown>> & {
      readonly NAME: string
      readonly CODECS?: string
      readonly RESOLUTION?: { readonly width: number; readonly height: number }
    }
    readonly endList: boolean
    readonly mediaSequence: number
    readonly discontinuityStarts: readonly number[]
    readonly timelineStarts: readonly { readonly start: number; readonly timeline: number }[]
    readonly segments: readonly Segment[]
  }
  type Group = Readonly<Record<string, Readonly<Record<string, MediaGroup>>>>
  type MediaGroup = {
    readonly language: string
    readonly instreamId?: string
    readonly default?: boolean
    readonly playlists: readonly Playlist[]
  }
  /** An Event; times are in seconds. */
  type PeriodEvent = {
    readonly schemeIdUri: string
    readonly id: string
    readonly start: number
    readonly end: number
  }
  type Manifest = {
    /** Absent where no Period has any. */
    readonly eventStream?: readonly PeriodEvent[]
    readonly allowCache: boolean
    readonly endList: boolean
    readonly duration: number
    readonly suggestedPresentationDelay?: number
    readonly minimumUpdatePeriod?: number
    readonly playlists: readonly Playlist[]
    readonly mediaGroups: { readonly AUDIO: Group; readonly SUBTITLES: Group; readonly 'CLOSED-CAPTIONS': Group }
  }
  type Options = {
    readonly manifestUri: string
    readonly eventHandler?: (event: { readonly type: string; readonly message: string }) => void
  }
  export function parse(text: string, options: Options): Manifest
  export function parseUTCTiming(text: string): { readonly method: string; readonly value: string } | null
}
