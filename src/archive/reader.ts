import type { UtcMs, UtcRange } from '../media/time.ts'
import type { EraNumbers } from '../model/ad-events/begun-before.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { ArchiveWindow, Era, EraAdEvent, OutputSegment, Slot, SlotObject } from '../model/output-segment.ts'
import type { EraTime, NumberRange } from '../model/segment-numbers.ts'
import type { SegmentPageJson, SummaryPage } from '../model/segment-page.ts'
import type { StoredBytes } from '../model/source-segment.ts'
import type { ByteRange, ObjectLocation, ObjectStream } from '../stores/objects.ts'

/**
 * The reason why the archive does not have an output segment or an era: it may still come, it was deleted, or it never
 * existed and never will.
 */
export type Absence = 'not yet' | 'no longer kept' | 'no such'

/** An output segment with the era it belongs to. */
export type SegmentInEra = { readonly segment: OutputSegment; readonly era: Era }

/** Output segments around a time, oldest first, and why none begins there, should it be none of them. */
export type SegmentsAround = { readonly segments: readonly OutputSegment[]; readonly absence: Absence }

/** The reading side of the archive: the port of packaging, origin and harvest. */
export type ArchiveReader = {
  /** A number that grows with every change of what the channel can show. Cheap: it is in memory. */
  version(channelGuid: string): number
  /**
   * The newest output segments of the endpoint's segment duration that fit in `seconds`, at least three where there
   * are that many, counting back from the last published one: from the last sealed by `asOf`, a moment of the server's
   * clock, where that is given. Undefined while there is nothing to show.
   */
  live(endpoint: OriginEndpoint, seconds: number, asOf?: UtcMs): Promise<ArchiveWindow | undefined>
  /** The live edge, or the edge as it was at `asOf`. Undefined while there is nothing to show. */
  edge(endpoint: OriginEndpoint, asOf?: UtcMs): Promise<LiveEdge | undefined>
  /**
   * Every output segment that starts before the end of a window and ends after its start, up to an edge, to be read
   * piece by piece. Undefined when there is certainly none. Where there is no edge, what is left is pinned.
   */
  range(endpoint: OriginEndpoint, window: UtcRange, edge: LiveEdge | undefined): Promise<SegmentRange | undefined>
  outputSegment(endpoint: OriginEndpoint, number: number): Promise<SegmentInEra | Absence>
  /** The output segments of an era that begin around a time on its timeline: some before, some after. */
  outputSegmentsAround(endpoint: OriginEndpoint, place: EraTime): Promise<SegmentsAround>
  /** The eras that may contain a moment by their clocks, oldest first. */
  erasAt(endpoint: OriginEndpoint, utc: UtcMs): Promise<readonly Era[]>
  /**
   * The era with an id, once a slot of it is sealed. It stays the same from then on, so that what is made of it may be
   * cached.
   */
  era(endpoint: OriginEndpoint, id: number): Promise<Era | Absence>
  /**
   * What the other input of an endpoint's channel has in place of an object: first the same bytes under another key,
   * then what it shows in the slot if the inputs are locked. `slot` is as an output segment of `era` shows it.
   */
  replacements(
    endpoint: OriginEndpoint,
    place: { readonly era: Era; readonly slot: Slot; readonly stream: number; readonly key: string },
  ): Promise<readonly SlotObject[]>
  /** The time from the start of the oldest to the end of the newest output segment. Undefined while there is none. */
  extent(endpoint: OriginEndpoint): Promise<UtcRange | undefined>
  /** The bytes of a source object, proven. They are shared and must not be changed. Throws LostMedia. */
  read(object: StoredBytes): Promise<Uint8Array>
  /**
   * Opens a source object to be read once: as proven bytes where they are in memory, else as a stream that throws
   * LostMedia before its last piece unless the whole is as stored. Throws LostMedia.
   */
  open(object: StoredBytes): Promise<Uint8Array | ObjectStream>
  /**
   * As `open`, for those who go through much of the archive: what is not in memory is not kept there. Throws LostMedia.
   */
  openOnce(object: StoredBytes): Promise<Uint8Array | ObjectStream>
  /**
   * Opens a source object, or a range of it, to be sent to a client. It resolves after the object has been read and
   * proven once in this process. Throws LostMedia.
   */
  openProven(object: StoredBytes, range?: ByteRange): Promise<Uint8Array | ObjectStream>
  /**
   * Whether a source object lies whole in a local file, for those who have that sent unread: it has been read and
   * proven once in this process, and its size was right a second ago. False for a lost one as well.
   */
  hasProvenFile(object: StoredBytes): Promise<boolean>
  /** Where the object lies, for those who can take it from there; it must not be changed. */
  location(key: string): ObjectLocation | undefined
}

/** The end of what can be viewed live. */
export type LiveEdge = Pick<ArchiveWindow, 'version' | 'ended'> & {
  /** The newest output segment that can be viewed. */
  readonly segment: OutputSegment
  /** The output segments after `segment` that are known, oldest first, at most eight. */
  readonly following: readonly OutputSegment[]
  /** The end of the newest output segment of all, by the source's clock. */
  readonly publishedUntil: UtcMs
}

/** The output segments of a window, to be read page by page because there may be too many to hold at once. */
export type SegmentRange = Omit<ArchiveWindow, 'segments'> &
  Pick<LiveEdge, 'following'> & {
    readonly window: UtcRange
    /** The id of the output timeline that gave the numbers. */
    readonly outputTimeline: number
    /** Numbers among which are all segments of the window; segments outside it may be among them too. */
    readonly numbers: NumberRange
    /** The JSON of all segments with these numbers, for another thread to parse. */
    page(range: NumberRange): Promise<SegmentPageJson<OutputSegment>>
    /** The stored summaries of all segments with these numbers, for another thread to read. */
    summaries(range: NumberRange): Promise<SummaryPage>
    /** The ad events of eras with these numbers, those that are kept. */
    adEventsOf(numbers: readonly EraNumbers[]): Promise<readonly EraAdEvent[]>
  }
