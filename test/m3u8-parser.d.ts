/** The part of m3u8-parser that the tests read; the package ships no types. */
declare module 'm3u8-parser' {
  type Segment = {
    readonly uri: string
    readonly duration: number
    readonly discontinuity?: boolean
    readonly programDateTime?: number
    readonly cueOut?: string
    readonly cueOutCont?: string
    readonly cueIn?: string
  }
  type Playlist = { readonly uri: string; readonly attributes: Readonly<Record<string, unknown>> }
  type DateRange = { readonly id: string; readonly plannedDuration?: number }
  type Manifest = {
    readonly mediaSequence?: number
    readonly discontinuitySequence?: number
    readonly targetDuration?: number
    readonly endList?: boolean
    readonly segments: readonly Segment[]
    readonly dateRanges?: readonly DateRange[]
    readonly playlists?: readonly Playlist[]
    readonly mediaGroups?: { readonly AUDIO: Readonly<Record<string, Readonly<Record<string, { uri?: string }>>>> }
  }
  export class Parser {
    push(text: string): void
    end(): void
    readonly manifest: Manifest
  }
}
