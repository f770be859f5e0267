import type { ArchiveWriter } from '../../src/archive/writer.ts'
import type { InputRef } from '../../src/model/input-ref.ts'
import type { ListedPlaylist, ListedStream } from '../../src/model/listed-playlist.ts'
import type { SourceObject } from '../../src/model/source-segment.ts'

export type ArchiveStep = 'create' | 'write' | 'commit' | 'segment' | 'playlist'

/** An archive in memory that remembers what it was told, and fails where a test says so. */
export class RecordingArchive implements ArchiveWriter {
  readonly segments: { readonly ingest: InputRef; readonly object: SourceObject; readonly bytes: Buffer }[] = []
  readonly parents: (readonly ListedStream[])[] = []
  readonly playlists: ListedPlaylist[] = []
  /** Objects begun, and neither committed nor aborted. */
  unfinished = 0
  aborted = 0
  /** Called at every step: it may throw, or hold the step up. */
  at: (step: ArchiveStep) => Promise<void> = async () => {}
  private readonly objects = new Map<string, Buffer>()
  private created = 0

  async createObject() {
    await this.at('create')
    const key = `object-${++this.created}`
    const chunks: Uint8Array[] = []
    this.unfinished++
    const writer = {
      write: async (chunk: Uint8Array) => {
        await this.at('write')
        chunks.push(chunk)
      },
      commit: async () => {
        await this.at('commit')
        this.objects.set(key, Buffer.concat(chunks))
        this.unfinished--
        return { tag: `tag-of-${key}` }
      },
      abort: async () => {
        this.unfinished--
        this.aborted++
      },
    }
    return { key, writer }
  }

  async storeSegment(ingest: InputRef, object: SourceObject) {
    await this.at('segment')
    const bytes = this.objects.get(object.key)
    if (!bytes) throw new Error(`${object.key} was not committed`)
    this.segments.push({ ingest, object, bytes })
  }

  async storeParentPlaylist(_: InputRef, streams: readonly ListedStream[]) {
    await this.at('playlist')
    this.parents.push(streams)
  }

  async storeMediaPlaylist(_: InputRef, playlist: ListedPlaylist) {
    await this.at('playlist')
    this.playlists.push(playlist)
  }

  /** The bytes that came last under each name. */
  files(): Map<string, Buffer> {
    return new Map(this.segments.map(({ object, bytes }) => [object.name, bytes]))
  }
}
