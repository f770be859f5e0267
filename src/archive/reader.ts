import type { UtcMs } from '../media/time.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { ArchiveWindow, Era, OutputSegment } from '../model/output-segment.ts'
import type { ByteRange, ObjectStream } from '../stores/objects.ts'

/** The reading side of the archive: what packaging, origin and harvest may ask of it. */
export type ArchiveReader = {
  /** Grows with every change of what the channel can show; cheap, from memory. */
  version(channelGuid: string): number
  /**
   * The newest output segments of the endpoint's segment duration that fit in `seconds`, at least three where there
   * are that many, counting back from the last published one. Undefined while there is nothing to show.
   */
  live(endpoint: OriginEndpoint, seconds: number): Promise<ArchiveWindow | undefined>
  /** Every output segment that starts before `end` and ends after `start`. Undefined when there is none. */
  between(endpoint: OriginEndpoint, start: UtcMs, end: UtcMs): Promise<ArchiveWindow | undefined>
  /** One output segment and the era it belongs to. */
  outputSegment(
    endpoint: OriginEndpoint,
    number: number,
  ): Promise<{ readonly segment: OutputSegment; readonly era: Era } | undefined>
  /** Output segments of the endpoint that begin within a minute of a moment by the source's clock, oldest first. */
  outputSegmentsNear(
    endpoint: OriginEndpoint,
    utc: UtcMs,
  ): Promise<{ readonly segments: readonly OutputSegment[]; readonly eras: readonly Era[] }>
  /** An era of the input the endpoint follows. */
  era(endpoint: OriginEndpoint, id: number): Promise<Era | undefined>
  /** Start of the oldest and end of the newest output segment. Undefined while there is nothing. */
  extent(endpoint: OriginEndpoint): Promise<{ readonly start: UtcMs; readonly end: UtcMs } | undefined>
  /** The bytes of a source object; shared, not to be changed. */
  read(key: string, range?: ByteRange): Promise<Uint8Array>
  /** The same for passing on: at once where the bytes are in memory, else piece by piece. */
  open(key: string, range?: ByteRange): Promise<Uint8Array | ObjectStream>
  /** A local read-only file holding the object, where there is one. */
  file(key: string): string | undefined
}
