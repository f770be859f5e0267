import type { Ticks, UtcMs } from '../media/time.ts'
import type { SourceStream } from './output-segment.ts'

/** A segment as a source media playlist lists it. */
export type ListedSegment = {
  /** File name in the ingest folder. */
  readonly name: string
  /** EXTINF. */
  readonly duration: Ticks
  /** EXT-X-DISCONTINUITY stands before it. */
  readonly discontinuity: boolean
  /** EXT-X-PROGRAM-DATE-TIME, only where the tag itself stands. */
  readonly programDateTime?: UtcMs
}

/** What a PUT of a media playlist says about one source stream. */
export type ListedPlaylist = {
  /** File name of the playlist; names the stream. */
  readonly name: string
  /** EXT-X-TARGETDURATION. */
  readonly targetDuration: Ticks
  /** EXT-X-MEDIA-SEQUENCE, of the first segment listed. */
  readonly mediaSequence: number
  readonly segments: readonly ListedSegment[]
  /** EXT-X-ENDLIST. */
  readonly ended: boolean
}

/** What a PUT of a parent playlist says: the streams of the input, in their order. */
export type ListedStream = Omit<SourceStream, 'tracks' | 'container' | 'bitrates'>
