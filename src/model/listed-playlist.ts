import type { Ticks, UtcMs } from '../media/time.ts'
import type { SourceStream } from './output-segment.ts'

/** A segment as listed in a source media playlist. */
export type ListedSegment = {
  /** File name in the ingest folder. */
  readonly name: string
  /** EXTINF. */
  readonly duration: Ticks
  /** True when EXT-X-DISCONTINUITY precedes it. */
  readonly discontinuity: boolean
  /** EXT-X-PROGRAM-DATE-TIME; present only where the tag itself is. */
  readonly programDateTime?: UtcMs
  /** The lines of the ad tags before it, those of EXT-X-DATERANGE first; present only where there are some. */
  readonly adTags?: readonly string[]
}

/** The content of a media playlist of one source stream, from one PUT. */
export type ListedPlaylist = {
  /** File name of the playlist, which identifies the stream. */
  readonly name: string
  /** EXT-X-TARGETDURATION. */
  readonly targetDuration: Ticks
  /** EXT-X-MEDIA-SEQUENCE: the number of the first segment listed. */
  readonly mediaSequence: number
  readonly segments: readonly ListedSegment[]
  /** EXT-X-ENDLIST. */
  readonly ended: boolean
}

/** A stream of the input as listed in a parent playlist. */
export type ListedStream = Omit<SourceStream, 'tracks' | 'container' | 'bitrates' | 'decodeDelay'>
