import type { InputRef } from '../model/input-ref.ts'
import type { ListedPlaylist, ListedStream } from '../model/listed-playlist.ts'
import type { SourceObject } from '../model/source-segment.ts'
import type { ObjectWriter } from '../stores/objects.ts'

/** The writing side of the archive: what ingest may ask of it. Everything is durable when its promise resolves. */
export type ArchiveWriter = {
  /** Begins the object of a new PUT. The caller writes and commits it, then calls `storeSegment` with its key. */
  createObject(ingest: InputRef): Promise<{ readonly key: string; readonly writer: ObjectWriter }>
  /** A complete, committed segment body. Published at once if a playlist has listed its name and waits for it. */
  storeSegment(ingest: InputRef, object: SourceObject): Promise<void>
  /** The streams of the input, as its parent playlist names them. */
  storeParentPlaylist(ingest: InputRef, streams: readonly ListedStream[]): Promise<void>
  /** Publishes what the playlist newly lists. */
  storeMediaPlaylist(ingest: InputRef, playlist: ListedPlaylist): Promise<void>
}
