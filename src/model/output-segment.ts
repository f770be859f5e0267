import { msFromTicks, type Ticks, type UtcMs, type UtcRange, utcMs } from '../media/time.ts'
import type { Container, KeyFrame, TrackDescription, TrackTimes } from './source-segment.ts'

/** What manifests need of an object: how large it is, and when what it holds is shown. */
export type ObjectSummary = {
  /** Bytes. */
  readonly size: number
  /**
   * When its tracks' samples are shown, on the era's timeline, by position in the stream's tracks: null where it has
   * none of a track. Absent for WebVTT.
   */
  readonly times?: readonly (TrackTimes | null)[]
  /** On the era's timeline. */
  readonly keyFrames?: readonly KeyFrame[]
}

/** One object of a slot: the bytes one source stream contributes to an interval of source time. */
export type SlotObject = ObjectSummary & {
  readonly key: string
  readonly crc32: number
  readonly sha256: string
  /** Of text: how long it is shown, from the slot's start, where the slot is shorter or longer. */
  readonly duration?: Ticks
  /** Of text: further segments that begin in the slot, in their order. */
  readonly more?: readonly SlotObject[]
  /** Said only when it does not. */
  readonly startsWithKeyFrame?: false
}

/**
 * What manifests need of a slot. `objects[n]` belongs to the source stream with `index` n; an absent entry is a gap in
 * that stream.
 */
export type SlotSummary = {
  readonly era: number
  /** Unwrapped PTS of the era at which the interval begins. */
  readonly start: Ticks
  readonly duration: Ticks
  readonly startUtc: UtcMs
  /** The server's clock when the slot was sealed. */
  readonly sealedAt: UtcMs
  readonly objects: Readonly<Record<number, ObjectSummary>>
}

/** One interval of source time, the same for all streams of a channel input, with the objects that hold its bytes. */
export type Slot = Omit<SlotSummary, 'objects'> & {
  /** Counts from 0 within the era. */
  readonly index: number
  readonly objects: Readonly<Record<number, SlotObject>>
  /** Of all inputs of the channel, when the slot was sealed; said where it is not what was said last. */
  readonly seen?: SeenInputs
}

export type SeenInputs = {
  /** When the server, as it ran then, began to hear them. */
  readonly awakeSince: UtcMs
  /** Those that had said EXT-X-ENDLIST. */
  readonly ended: readonly string[]
}

/** Every object a slot holds, text that shares it with other text included. */
export function objectsOf(slot: Pick<Slot, 'objects'>): SlotObject[] {
  return Object.values(slot.objects).flatMap((object) => [object, ...(object.more ?? [])])
}

/** A source stream: one media playlist of the encoder, as the parent playlist and the first probe describe it. */
export type SourceStream = {
  /** `<n>` of output names: 1-based, in parent-playlist order, variants before renditions. */
  readonly index: number
  /** File name of the source media playlist. */
  readonly playlist: string
  readonly role: StreamRole
  /** What the probe of the stream's first segment in this era found; empty until then. */
  readonly tracks: readonly TrackDescription[]
  /** Absent until then. */
  readonly container?: Container
  /** Bits per second of each track in that segment, by position. */
  readonly bitrates?: readonly number[]
}

export type StreamRole =
  | {
      readonly kind: 'variant'
      /** EXT-X-STREAM-INF BANDWIDTH, bits per second. */
      readonly bandwidth: number
      readonly averageBandwidth?: number
      readonly codecs?: string
      readonly resolution?: { readonly width: number; readonly height: number }
      readonly frameRate?: number
      readonly audioGroup?: string
      readonly subtitlesGroup?: string
      /** CLOSED-CAPTIONS: the name of a group, or NONE. */
      readonly closedCaptions?: string
      /** The renditions of that group. */
      readonly captions?: readonly ClosedCaptions[]
    }
  | {
      readonly kind: 'audio' | 'subtitles'
      readonly groupId: string
      readonly name: string
      readonly language?: string
      readonly isDefault: boolean
      readonly autoselect: boolean
      readonly channels?: string
      readonly characteristics?: string
      readonly forced?: boolean
    }

/** Captions inside the video, as the encoder's EXT-X-MEDIA announces them. */
export type ClosedCaptions = {
  readonly name: string
  readonly language?: string
  readonly isDefault: boolean
  readonly autoselect: boolean
  /** INSTREAM-ID: CC1 to CC4 of CEA-608, SERVICE1 to SERVICE63 of CEA-708. */
  readonly instreamId: string
  readonly characteristics?: string
}

/** An unbroken encoder timeline. */
export type Era = {
  readonly id: number
  readonly streams: readonly SourceStream[]
  /**
   * This time of the era is that moment, for formats that place all eras on one clock: as it was when the era began,
   * and not before the end of the era before it.
   */
  readonly clock: { readonly time: Ticks; readonly utc: UtcMs }
}

/** What manifests need of an output segment, without what names and proves its bytes. */
export type SegmentSummary = {
  readonly number: number
  readonly era: number
  readonly start: Ticks
  readonly duration: Ticks
  readonly startUtc: UtcMs
  /** The server's clock when the last slot was sealed. */
  readonly sealedAt: UtcMs
  /** True when playback cannot run on seamlessly from the previous output segment. */
  readonly discontinuity: boolean
  /** Discontinuities up to and including this segment's own, since the output timeline was opened. */
  readonly discontinuitySequence: number
  /**
   * The first output segment of the period this one belongs to: an unbroken row, throughout which the same audio and
   * video tracks have media. Absent in what earlier versions recorded.
   */
  readonly period?: { readonly number: number; readonly start: Ticks }
  /** Its slots are those of a locked input, moved onto this era's timeline and dates by so much. */
  readonly shift?: { readonly ticks: Ticks; readonly ms: number }
  readonly slots: readonly SlotSummary[]
}

/** A run of whole slots of one era, under a number that never names other bytes. */
export type OutputSegment = Omit<SegmentSummary, 'slots'> & { readonly slots: readonly Slot[] }

/** A window of the archive as one origin endpoint sees it: everything a presentation is made from. */
export type ArchiveWindow<Segment extends SegmentSummary = OutputSegment> = {
  /** Grows with every change of what the channel can show; equal versions mean equal content. */
  readonly version: number
  /** Eras of the listed segments, oldest first; the last one describes the streams of a live parent playlist. */
  readonly eras: readonly Era[]
  readonly segments: readonly Segment[]
  /** True when the encoder said EXT-X-ENDLIST and the window reaches that end. */
  readonly ended: boolean
  /** Output segments after the window, oldest first, where some are known: a few are enough. */
  readonly following?: readonly Segment[]
}

/** The same with no more than manifests need: bytes cannot be had of it. */
export type SummaryWindow = ArchiveWindow<SegmentSummary>

/** When an output segment ends, by the source's clock. */
export function endUtcOf({ startUtc, duration }: Pick<SegmentSummary, 'startUtc' | 'duration'>): UtcMs {
  return utcMs(startUtc + msFromTicks(duration))
}

/** True when an output segment begins before the end of a span of the source's clock, and ends after its start. */
export function overlaps(segment: Pick<SegmentSummary, 'startUtc' | 'duration'>, { start, end }: UtcRange): boolean {
  return segment.startUtc < end && endUtcOf(segment) > start
}
