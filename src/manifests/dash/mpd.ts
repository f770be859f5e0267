import type { UtcMs } from '../../media/time.ts'
import type { CheckedXml } from '../xml.ts'
import type { TimelineRun } from './segment-timeline.ts'
import type { SpliceInfoSection } from './splice-info-section.ts'

/**
 * A Media Presentation Description, ISO/IEC 23009-1 §5.3. Fields are named after the attributes and elements they
 * become; absent fields are not written. Durations are whole milliseconds.
 */
export type Mpd = DynamicMpd | StaticMpd

type AnyMpd = {
  readonly id?: string
  readonly profiles: readonly string[]
  readonly minBufferTime: number
  readonly maxSegmentDuration?: number
  /** Of everything in the presentation that is encrypted, where that is the same. */
  readonly contentProtections?: readonly ContentProtection[]
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

/** A Period, §5.3.2. */
export type Period = {
  readonly id: string
  readonly start?: number
  readonly duration?: number
  readonly eventStreams?: readonly EventStream[]
  readonly adaptationSets: readonly AdaptationSet[]
  readonly supplementalProperties: readonly Descriptor[]
}

/** An EventStream, §5.10.2. Times are in units of the timescale, from the start of the Period on. */
export type EventStream = {
  readonly schemeIdUri: string
  readonly timescale: number
  readonly events: readonly {
    readonly presentationTime?: number
    readonly duration?: number
    readonly id?: number
    readonly spliceInfoSection: SpliceInfoSection
  }[]
}

/** Attributes that adaptation sets and representations share, §5.3.7. */
export type RepresentationBase = {
  readonly mimeType?: string
  /** Codec strings of RFC 6381. */
  readonly codecs?: string
  readonly width?: number
  readonly height?: number
  readonly sar?: Ratio
  readonly frameRate?: FrameRate
  readonly scanType?: 'progressive' | 'interlaced'
  readonly audioSamplingRate?: number
  readonly startWithSAP?: 1 | 2
  readonly audioChannelConfigurations?: readonly Descriptor[]
  readonly contentProtections?: readonly ContentProtection[]
  readonly essentialProperties?: readonly Descriptor[]
  readonly supplementalProperties?: readonly Descriptor[]
  readonly inbandEventStreams?: readonly Descriptor[]
  readonly labels?: readonly string[]
}

/** An AdaptationSet, §5.3.3. */
export type AdaptationSet = RepresentationBase & {
  readonly id?: number
  readonly contentType?: 'video' | 'audio' | 'text' | 'image'
  /** Language tag of RFC 5646. */
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

/** A Representation, §5.3.5. */
export type Representation = RepresentationBase & {
  readonly id: string
  /** Bit rate in bits per second. */
  readonly bandwidth: number
  readonly maxPlayoutRate?: number
  readonly codingDependency?: boolean
  readonly segmentTemplate?: SegmentTemplate
}

/**
 * A SegmentTemplate, §5.3.9.4. Times are in units of the timescale; a representation inherits absent fields from its
 * adaptation set.
 */
export type SegmentTemplate = {
  /** URI template with `$RepresentationID$`, `$Number$` and `$Time$`, as `initialization` is. */
  readonly media?: string
  readonly initialization?: string
  readonly timescale?: number
  readonly presentationTimeOffset?: number
  readonly startNumber?: number
  readonly duration?: number
  readonly segmentTimeline?: readonly TimelineRun[]
}

/** A descriptor, §5.8.2; its scheme defines its meaning. */
export type Descriptor = { readonly schemeIdUri: string; readonly value?: string }

/** A ContentProtection descriptor, §5.8.4.1: a scheme of encryption, or a DRM system. */
export type ContentProtection = Descriptor & {
  /** KID, a UUID in lower case, ISO/IEC 23001-7 §11.2. */
  readonly defaultKid?: string
  /** What it says in elements: as the DRM system has it, or a whole `pssh` box in base64. */
  readonly content?: CheckedXml | { readonly pssh: string }
}

/** A ratio of width to height. */
export type Ratio = { readonly width: number; readonly height: number }

/** Frames per second as a fraction. */
export type FrameRate = { readonly numerator: number; readonly denominator: number }
