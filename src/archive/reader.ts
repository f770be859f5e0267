import type { UtcMs, UtcRange } from '../media/time.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { ArchiveWindow, Era, OutputSegment } from '../model/output-segment.ts'
import type { EraTime, NumberRange } from '../model/segment-numbers.ts'
import type { SegmentPageJson } from '../model/segment-page.ts'
import type { StoredSegmentSummary } from '../model/segment-summary.ts'
import type { ByteRange, ObjectStream } from '../stores/objects.ts'

/**
 * A reason for which the archive does not have what was asked for: it may still come, it was deleted, or it never was
 * there and never will be.
 */
export type Absence = 'not yet' | 'no longer kept' | 'no such'

/** An output segment with the era it belongs to. */
export type SegmentInEra = { readonly segment: OutputSegment; readonly era: Era }

/** Output segments around a time, oldest first, and why none begins there, should it be none of them. */
export type SegmentsAround = { readonly segments: readonly OutputSegment[]; readonly absence: Absence }

/** The reading side of the archive: what packaging, origin and harvest may ask of it. */
export type ArchiveReader = {
  /** Grows with every change of what the channel can show; cheap, from memory. */
  version(channelGuid: string): number
  /**
   * The newest output segments of the endpoint's segment duration that fit in `seconds`, at least three where there
   * are that many, counting back from the last published one: from the last sealed by `asOf`, a moment of the server's
   * clock, where that is given. Undefined while there is nothing to show.
   */
  live(endpoint: OriginEndpoint, seconds: number, asOf?: UtcMs): Promise<ArchiveWindow | undefined>
  /** Where live viewing stands, at `asOf` where that is given. Undefined while there is nothing to show. */
  edge(endpoint: OriginEndpoint, asOf?: UtcMs): Promise<LiveEdge | undefined>
  /**
   * Every output segment that starts before the end of a window and ends after its start, up to an edge, to be read
   * piece by piece. Undefined when there is certainly none.
   */
  range(endpoint: OriginEndpoint, window: UtcRange, edge: LiveEdge): Promise<SegmentRange | undefined>
  outputSegment(endpoint: OriginEndpoint, number: number): Promise<SegmentInEra | Absence>
  /** Output segments of an era that begin around a time of it: some before, some after. */
  outputSegmentsAround(endpoint: OriginEndpoint, place: EraTime): Promise<SegmentsAround>
  /** Eras whose clocks may show a moment, oldest first. */
  erasAt(endpoint: OriginEndpoint, utc: UtcMs): Promise<readonly Era[]>
  /** An era of the inputs, once something of it is sealed: what is made of it may be kept. */
  era(endpoint: OriginEndpoint, id: number): Promise<Era | Absence>
  /** Start of the oldest and end of the newest output segment. Undefined while there is nothing. */
  extent(endpoint: OriginEndpoint): Promise<UtcRange | undefined>
  /** The bytes of a source object; shared, not to be changed. */
  read(key: string, range?: ByteRange): Promise<Uint8Array>
  /** The same for passing on: at once where the bytes are in memory, else piece by piece. */
  open(key: string, range?: ByteRange): Promise<Uint8Array | ObjectStream>
  /** A local read-only file holding the object, where there is one. */
  file(key: string): string | undefined
}

/** Where live viewing stands. */
export type LiveEdge = Pick<ArchiveWindow, 'version' | 'ended'> & {
  /** The newest output segment to be seen. */
  readonly segment: OutputSegment
  /** Output segments after it, as far as they are known: at most eight, oldest first. */
  readonly following: readonly OutputSegment[]
  /** End of the newest one of all, by the source's clock. */
  readonly publishedUntil: UtcMs
}

/** Output segments of a window, which may be too many to be held at once. */
export type SegmentRange = Omit<ArchiveWindow, 'segments'> &
  Pick<LiveEdge, 'following'> & {
    readonly window: UtcRange
    /** Of the sequence the numbers belong to. */
    readonly outputTimeline: number
    /** All segments of the window are among these; others may be. */
    readonly numbers: NumberRange
    /** JSON of all segments with these numbers, for another thread to parse. */
    page(range: NumberRange): Promise<SegmentPageJson<OutputSegment>>
    /** The same with the stored summaries of their slots: what manifests need. */
    summaries(range: NumberRange): Promise<SegmentPageJson<StoredSegmentSummary>>
  }
