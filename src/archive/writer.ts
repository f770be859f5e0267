import type { InputRef } from '../model/input-ref.ts'
import type { FoundHabit } from '../model/input-timeline/habits.ts'
import type { ListedPlaylist, ListedStream } from '../model/listed-playlist.ts'
import type { SourceObject } from '../model/source-segment.ts'
import type { ObjectWriter } from '../stores/objects.ts'

/**
 * The writing side of the archive: the port of ingest. Everything is durable when its promise resolves, except for the
 * counts of habits that were met before: they are saved with the next change.
 */
export type ArchiveWriter = {
  /**
   * Begins the object of a new PUT. The caller writes and commits it, then calls `storeSegment` with its key. Rejects
   * with ArchiveFull when no more may be kept.
   */
  createObject(ingest: InputRef): Promise<{ readonly key: string; readonly writer: ObjectWriter }>
  /** Records the committed body of a segment, and publishes it if a playlist has already listed its name. */
  storeSegment(ingest: InputRef, object: SourceObject, habits?: readonly FoundHabit[]): Promise<void>
  /** Records the streams that the parent playlist of an input names. */
  storeParentPlaylist(ingest: InputRef, streams: readonly ListedStream[], habits?: readonly FoundHabit[]): Promise<void>
  /** Publishes the segments that a media playlist newly lists. */
  storeMediaPlaylist(ingest: InputRef, playlist: ListedPlaylist, habits?: readonly FoundHabit[]): Promise<void>
}
