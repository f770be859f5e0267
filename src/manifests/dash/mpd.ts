import type { UtcMs } from '../../media/time.ts'

/**
 * A Media Presentation Description, ISO/IEC 23009-1 §5.3. Fields are named after the attributes and elements they
 * become, and those that are absent are not written. Durations are whole milliseconds.
 */
export type Mpd = DynamicMpd | StaticMpd

type AnyMpd = {
  readonly id?: string
  readonly profiles: readonly string[]
  readonly minBufferTime: number
  readonly maxSegmentDuration?: number
  readonly periods: readonly Period[]
}

export type DynamicMpd = AnyMpd & {
  readonly type: 'dynamic'
  readonly publishTime: UtcMs
  readonly availabilityStartTime: UtcMs
  readonly minimumUpdatePeriod?: number
  readonly timeShiftBufferDepth?: number
  readonly suggestedPresentationDelay?: number
  readonly utcTimings: readonly Descriptor[]
}

export type StaticMpd = AnyMpd & {
  readonly type: 'static'
  readonly mediaPresentationDuration: number
}

/** §5.3.2 */
export type Period = {
  readonly id: string
  readonly start?: number
  readonly duration?: number
  readonly adaptationSets: readonly AdaptationSet[]
  readonly supplementalProperties: readonly Descriptor[]
}

/** What adaptation sets and representations have in common, §5.3.7. */
export type RepresentationBase = {
  readonly mimeType?: string
  /** RFC 6381. */
  readonly codecs?: string
  readonly width?: number
  readonly height?: number
  readonly sar?: Ratio
  readonly frameRate?: FrameRate
  readonly scanType?: 'progressive' | 'interlaced'
  readonly audioSamplingRate?: number
  readonly startWithSAP?: 1 | 2
  readonly audioChannelConfigurations?: readonly Descriptor[]
  readonly essentialProperties?: readonly Descriptor[]
  readonly supplementalProperties?: readonly Descriptor[]
  readonly inbandEventStreams?: readonly Descriptor[]
  readonly labels?: readonly string[]
}

/** §5.3.3 */
export type AdaptationSet = RepresentationBase & {
  readonly id?: number
  readonly contentType?: 'video' | 'audio' | 'text'
  /** RFC 5646. */
  readonly lang?: string
  readonly par?: Ratio
  readonly maxWidth?: number
  readonly maxHeight?: number
  readonly maxFrameRate?: FrameRate
  readonly segmentAlignment?: boolean
  readonly bitstreamSwitching?: boolean
  readonly subsegmentAlignment?: boolean
  readonly subsegmentStartsWithSAP?: 1 | 2
  readonly accessibilities?: readonly Descriptor[]
  readonly roles?: readonly Descriptor[]
  readonly segmentTemplate?: SegmentTemplate
  readonly representations: readonly Representation[]
}

/** §5.3.5 */
export type Representation = RepresentationBase & {
  readonly id: string
  /** Bits per second. */
  readonly bandwidth: number
  readonly maxPlayoutRate?: number
  readonly codingDependency?: boolean
  readonly segmentTemplate?: SegmentTemplate
}

/** §5.3.9.4. Times are in units of the timescale; what a representation leaves out it takes from its adaptation set. */
export type SegmentTemplate = {
  /** URI templates: `$RepresentationID$`, `$Number$` and `$Time$` stand for what they name. */
  readonly media?: string
  readonly initialization?: string
  readonly timescale?: number
  readonly presentationTimeOffset?: number
  readonly startNumber?: number
  readonly duration?: number
  readonly segmentTimeline?: readonly TimelineSegment[]
}

/**
 * A segment of a SegmentTimeline, §5.3.9.6. The writer makes runs of those that follow each other and are equally long.
 */
export type TimelineSegment = { readonly t: number; readonly d: number }

/** §5.8.2. What it means is up to its scheme. */
export type Descriptor = { readonly schemeIdUri: string; readonly value?: string }

/** Width to height. */
export type Ratio = { readonly width: number; readonly height: number }

/** Frames per second. */
export type FrameRate = { readonly numerator: number; readonly denominator: number }
