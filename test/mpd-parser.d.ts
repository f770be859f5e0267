/** The part of mpd-parser that the tests read; the package ships no types. */
declare module 'mpd-parser' {
  type Segment = {
    readonly resolvedUri: string
    readonly map: { readonly resolvedUri: string }
    readonly duration: number
    readonly timeline: number
    readonly presentationTime: number
    readonly discontinuity?: boolean
  }
  type Playlist = {
    readonly attributes: {
      readonly CODECS?: string
      readonly RESOLUTION?: { readonly width: number; readonly height: number }
    }
    readonly segments: readonly Segment[]
  }
  type Media = { readonly language: string; readonly playlists: readonly Playlist[] }
  type Group = Readonly<Record<string, Readonly<Record<string, Media>>>>
  type Manifest = {
    readonly endList: boolean
    readonly playlists: readonly Playlist[]
    readonly mediaGroups: { readonly AUDIO: Group; readonly SUBTITLES: Group }
  }
  export function parse(
    text: string,
    options: {
      readonly manifestUri: string
      readonly eventHandler?: (event: { type: string; message: string }) => void
    },
  ): Manifest
}
