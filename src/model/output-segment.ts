import { msBetween, type Ticks, ticks, type UtcMs, type UtcRange, utcMs } from '../media/time.ts'
import type { KeptAdBreak } from './ad-events/ad-breaks.ts'
import type { AdEvent, AdMarks, BeginningAds } from './ad-events/ad-event.ts'
import type { SegmentAds } from './ad-events/segment-ads.ts'
import type { ArrivedMessage } from './ad-events/signal.ts'
import type { PeriodKeys } from './content-keys.ts'
import type { NumberRange } from './segment-numbers.ts'
import type { Container, KeyFrame, TrackDescription, TrackTimes } from './source-segment.ts'
import type { StreamRole } from './stream-role.ts'

/** The facts about an object that manifests need: its size, and the times of its content. */
export type ObjectSummary = {
  /** Size in bytes. */
  readonly size: number
  /**
   * Presentation times of the samples of each track on the era's timeline, in the order of the stream's tracks; null
   * for a track without samples in the object. Absent for WebVTT.
   */
  readonly times?: readonly (TrackTimes | null)[]
  /** Key frames with times on the era's timeline. */
  readonly keyFrames?: readonly KeyFrame[]
  /** Start on the era's timeline, where that differs from the slot's. */
  readonly start?: Ticks | undefined
  /** Duration with `more`, where that differs from the slot's. Text: without `more`, from the slot's start. */
  readonly duration?: Ticks | undefined
  /** Further segments of the stream that begin in the slot, in their order. */
  readonly more?: readonly ObjectSummary[]
}

/** One object of a slot: the bytes of one source stream in an interval of source time. */
export type SlotObject = Omit<ObjectSummary, 'more'> & {
  readonly key: string
  readonly crc32: number
  /** The entity tag that its store gave it, where stores do. */
  readonly tag?: string
  readonly sha256: string
  /** The messages of SCTE 35 that it carries, which arrive at times of the era's timeline; absent without any. */
  readonly messages?: readonly ArrivedMessage[]
  readonly more?: readonly SlotObject[]
  /** Present (and false) only when the object does not start with a key frame. */
  readonly startsWithKeyFrame?: false
}

/**
 * The facts about a slot that manifests need. `objects[n]` belongs to the source stream with `index` n; an absent
 * entry is a gap in that stream, unless `continued` names it.
 */
export type SlotSummary = {
  readonly era: number
  /** Unwrapped PTS of the era at which the interval begins. */
  readonly start: Ticks
  readonly duration: Ticks
  /** True where the duration is measured. Earlier versions took EXTINF at its word. */
  readonly isMeasured?: true
  readonly startUtc: UtcMs
  /** The server's clock when the slot was sealed. */
  readonly sealedAt: UtcMs
  readonly objects: Readonly<Record<number, ObjectSummary>>
  /** Streams of which no segment begins in the slot because an earlier one lasts through it: they have no gap. */
  readonly continued?: readonly number[]
  /** The lines of the ad tags before it in the source's playlist, as they came; absent where there are none. */
  readonly adTags?: readonly string[]
  /** The ad events that begin at its start; absent where there are none. */
  readonly ads?: BeginningAds
}

/** One interval of source time, the same for all streams of a channel input, with the objects that hold its bytes. */
export type Slot = Omit<SlotSummary, 'objects' | 'ads'> & {
  /** Position in the era, from 0. */
  readonly index: number
  readonly objects: Readonly<Record<number, SlotObject>>
  /** The ad events that begin, end and go on at its start; absent where there are none. */
  readonly ads?: AdMarks
  /**
   * State of all inputs of the channel when the slot was sealed; stored only when it differs from the state stored
   * last.
   */
  readonly seen?: SeenInputs
}

export type SeenInputs = {
  /** Time since which the server, in its current run, had been receiving the inputs. */
  readonly awakeSince: UtcMs
  /** Ingest endpoint ids of the inputs that had sent EXT-X-ENDLIST. */
  readonly ended: readonly string[]
}

/** Every object a slot holds. */
export function objectsOf(slot: Pick<Slot, 'objects'>): SlotObject[] {
  return Object.values(slot.objects).flatMap(inOrder)
}

/** The objects of a stream that begin in one slot. */
export function inOrder<T extends ObjectSummary>(
  object: (T & { readonly more?: readonly T[] }) | undefined,
): readonly T[] {
  return object ? [object, ...(object.more ?? [])] : []
}

/** True when a stream lacks nothing in a slot. */
export function hasStream({ objects, continued }: Pick<SlotSummary, 'objects' | 'continued'>, index: number): boolean {
  return objects[index] !== undefined || (continued?.includes(index) ?? false)
}

/** A source stream: one media playlist of the encoder, as described by the parent playlist and the first probe. */
export type SourceStream = {
  /** `<n>` of output names, from 1, in the order of the parent playlist, variants before renditions. */
  readonly index: number
  /** File name of the source media playlist. */
  readonly playlist: string
  readonly role: StreamRole
  /** The tracks that the probe of the stream's first segment in this era found; empty until then. */
  readonly tracks: readonly TrackDescription[]
  /** Container of that first segment; absent until then. */
  readonly container?: Container
  /** Bits per second of each track in that first segment, in the order of `tracks`. */
  readonly bitrates?: readonly number[]
  /**
   * Time from the decoding of a segment's first picture to the presentation of its earliest, in the segment that the
   * bitrates are from, in 90 kHz ticks. Absent where earlier versions recorded the stream, or the segment did not begin
   * with a key frame.
   */
  readonly decodeDelay?: number
}

/** Where an era comes from. */
export type EraOrigin =
  /** It is a part of the timeline of an input: that of the ingest endpoint with the id `input`. */
  | { readonly kind: 'input'; readonly input: string }
  /**
   * An output timeline made it, to show the era with the id `of` under another id. `of` is absent where an earlier
   * version made it and nothing tells any more.
   */
  | { readonly kind: 'alias'; readonly of?: number }

/** An unbroken part of an encoder's timeline. */
export type Era = {
  readonly id: number
  readonly origin: EraOrigin
  readonly streams: readonly SourceStream[]
  /**
   * A time of the era and the UTC moment it stands for, by which formats place all eras on one clock. It is as it was
   * when the era began, and never before the end of the era before.
   */
  readonly clock: { readonly time: Ticks; readonly utc: UtcMs }
}

/** The facts about an output segment that manifests need, without the keys and digests of its bytes. */
export type SegmentSummary = {
  readonly number: number
  readonly era: number
  readonly start: Ticks
  readonly duration: Ticks
  readonly startUtc: UtcMs
  /** The server's clock when the last slot was sealed. */
  readonly sealedAt: UtcMs
  /** True when playback cannot continue seamlessly from the previous output segment. */
  readonly discontinuity: boolean
  /** Discontinuities up to and including this segment's own, since the output timeline was opened. */
  readonly discontinuitySequence: number
  /**
   * The first output segment of this segment's period: consecutive segments throughout which the same audio and video
   * tracks have media. Absent in segments recorded by earlier versions.
   */
  readonly period?: { readonly number: number; readonly start: Ticks }
  /**
   * EXT-X-TARGETDURATION of playlists that end with this segment, in seconds; it never decreases along an output
   * timeline. Absent in what earlier versions recorded.
   */
  readonly targetDuration?: number
  /**
   * How many images manifests list for it, as many as it usually has slots: the same along an output timeline. Absent
   * in what earlier versions recorded, which has no images.
   */
  readonly images?: number
  /** What becomes of ad events with its beginning; absent where there are none. */
  readonly shownAds?: SegmentAds
  /**
   * The ad breaks of its period in which it lies, and those before on which it depends where DASH Periods begin. Absent
   * where the output timeline is not cut at ad boundaries.
   */
  readonly adBreaks?: readonly KeptAdBreak[]
  /** The shift of its slots, which are those of a locked input, onto this era's timeline and dates. */
  readonly shift?: { readonly ticks: Ticks; readonly ms: number }
  /**
   * True where an asset or a clip ends within the segment, and its duration with it: what begins at that end or later
   * is left out, though its objects have it. Of no segment that is stored.
   */
  readonly isCut?: true
  /** True where an asset begins within the segment: what ends at its start or earlier is left out. */
  readonly isCutAtStart?: true
  readonly slots: readonly SlotSummary[]
}

/** A run of whole slots of one era, under a number that never refers to other bytes. */
export type OutputSegment = Omit<SegmentSummary, 'slots'> & { readonly slots: readonly Slot[] }

/** An event of an era, on the timeline of that. */
export type EraAdEvent = {
  readonly era: number
  readonly event: AdEvent
  /** In an asset of several ranges, whose eras may have the same ids: that of which it is. */
  readonly within?: NumberRange
}

/** A window of the archive as one origin endpoint sees it: everything that a presentation is made from. */
export type ArchiveWindow<Segment extends SegmentSummary = OutputSegment> = {
  /**
   * Increases with every change of what the channel can show: equal versions mean equal content, but of one that is not
   * the newest, which a window may have while there is more to show than has been read.
   */
  readonly version: number
  /** Eras of the listed segments, oldest first; the last one describes the streams of a live parent playlist. */
  readonly eras: readonly Era[]
  readonly segments: readonly Segment[]
  /** True when the encoder sent EXT-X-ENDLIST and the window reaches that end. */
  readonly ended: boolean
  /** The ad events that go on in the window and have begun before it, by the eras that name them. */
  readonly adEvents?: readonly EraAdEvent[]
  /** Some output segments after the window, oldest first, where they are known. */
  readonly following?: readonly Segment[]
  /**
   * The ranges that an asset shows one after the other, in this order, where it has several. Its segments have numbers
   * of its own then, and its eras ids: no two ranges have one in common, and their dates may be in any order.
   */
  readonly ranges?: readonly ShownRange[]
  /** What is public of the keys of its segments; absent where they are in the clear. */
  readonly keys?: PeriodKeys
}

/** What an asset shows of one range, and the numbers of the output segments that it has of it. */
export type ShownRange = UtcRange & { readonly numbers: NumberRange }

/** A window of summaries, which is all that manifests need: it gives no access to bytes. */
export type SummaryWindow = ArchiveWindow<SegmentSummary>

/** End of an output segment, by the source's clock. */
export function endUtcOf({
  startUtc,
  start,
  duration,
}: Pick<SegmentSummary, 'startUtc' | 'start' | 'duration'>): UtcMs {
  return utcMs(startUtc + msBetween(start, ticks(start + duration)))
}

/** True when an output segment begins before the end of a span of the source's clock, and ends after its start. */
export function overlaps(
  segment: Pick<SegmentSummary, 'startUtc' | 'start' | 'duration'>,
  { start, end }: UtcRange,
): boolean {
  return segment.startUtc < end && endUtcOf(segment) > start
}
