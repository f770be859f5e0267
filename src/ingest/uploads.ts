import type { IncomingMessage } from 'node:http'
import type { ArchiveWriter } from '../archive/writer.ts'
import type { Clock } from '../clock.ts'
import type { Turns } from '../concurrency/turns.ts'
import type { Exchange } from '../http/exchange.ts'
import type { FaultLog } from '../http/fault-log.ts'
import { bodyChunks, checkContentLength, readBody } from '../http/read-body.ts'
import { MalformedPlaylist } from '../manifests/hls/playlist-error.ts'
import type { HoldingRoom } from '../media/ts/held-packets.ts'
import type { InputRef } from '../model/input-ref.ts'
import { decodedPlaylistInSteps } from './decoded-playlist.ts'
import { isPlaylistName } from './file-name.ts'
import type { IngestLimits } from './ingest-limits.ts'
import type { IngestPath } from './ingest-path.ts'
import { Refusal } from './refusal.ts'
import { storeSegment } from './segment-body.ts'
import { type PlaylistPlace, readSourcePlaylistInSteps } from './source-playlist.ts'
import { asStorageFailure } from './storage-failure.ts'

type UploadOptions = {
  readonly archive: ArchiveWriter
  readonly clock: Clock
  readonly faults: FaultLog
  readonly limits: IngestLimits
  readonly turns: Turns
}

/** A request, and the id under which the log has it. */
type Asked = Pick<Exchange<IncomingMessage>, 'request' | 'requestId'>

/** Handles bodies; the file name tells playlists from segments. */
export class Uploads {
  private readonly options: UploadOptions
  private readonly room: HoldingRoom

  constructor(options: UploadOptions) {
    this.options = options
    this.room = { free: options.limits.maxHeldBytes }
  }

  /**
   * Stores a body. Resolves when all of it is durable. `proceed` asks the client to send it. Throws Refusal and
   * BodyTooLong.
   */
  async store(asked: Asked, path: IngestPath, proceed: () => void): Promise<void> {
    const { request } = asked
    const { name } = path
    if (name === undefined) throw Refusal.of('NoFileName', {})
    const { maxPlaylistBytes, maxSegmentBytes } = this.options.limits
    if (isPlaylistName(name)) {
      checkContentLength(request, maxPlaylistBytes)
      proceed()
      const place = { name, folder: path.folder }
      await this.playlist(path, place, await readBody(request, maxPlaylistBytes))
    } else {
      checkContentLength(request, maxSegmentBytes)
      proceed()
      await this.segment(asked, path.ingest, name)
    }
  }

  private async segment({ request, requestId }: Asked, ingest: InputRef, name: string): Promise<void> {
    const { archive, clock, faults, limits, turns } = this.options
    const body = bodyChunks(request, limits.maxSegmentBytes)
    const put = { ingest, name, body, clock, maxTracks: limits.maxTracks, room: this.room, turns }
    const { problem } = await storeSegment(archive, put)
    if (problem === undefined) return
    faults.report(
      `segment ${ingest.channelGuid}`,
      { event: 'segment-unusable', requestId, ...ingest, name, problem },
      'a segment cannot be shown',
    )
  }

  private async playlist({ ingest }: IngestPath, place: PlaylistPlace, body: Uint8Array) {
    const { archive, limits, turns } = this.options
    const reading = function* () {
      const { text, habits } = yield* decodedPlaylistInSteps(body)
      const source = yield* readSourcePlaylistInSteps(text, place, limits.maxStreams)
      return { ...source, habits: [...habits, ...source.habits] }
    }
    const source = await turns.run(ingest.channelGuid, reading()).catch((error: unknown) => {
      throw error instanceof MalformedPlaylist ? Refusal.of('MalformedPlaylist', { problem: error.message }) : error
    })
    await asStorageFailure(
      source.kind === 'parent'
        ? archive.storeParentPlaylist(ingest, source.streams, source.habits)
        : archive.storeMediaPlaylist(ingest, source.playlist, source.habits),
    )
  }
}
