import { element, writeXml, type XmlAttributes, type XmlElement } from '../xml.ts'
import type {
  AdaptationSet,
  ContentProtection,
  Descriptor,
  EventStream,
  FrameRate,
  Mpd,
  Period,
  Ratio,
  Representation,
  RepresentationBase,
  SegmentTemplate,
} from './mpd.ts'
import type { TimelineRun } from './segment-timeline.ts'
import { SCTE35_XML, spliceInfoSection } from './splice-info-section.ts'
import { xsDateTime, xsDuration } from './xsd-time.ts'

/** ISO/IEC 23001-7 §11.2. */
const CENC_XML = 'urn:mpeg:cenc:2013'

/** Writes an MPD, with attributes and elements in the order of the schema, ISO/IEC 23009-1 Annex B. */
export function writeMpd(mpd: Mpd): string {
  const isDynamic = mpd.type === 'dynamic'
  const hasSplices = mpd.periods.some(({ eventStreams = [] }) => eventStreams.length > 0)
  return writeXml(
    element(
      'MPD',
      {
        xmlns: 'urn:mpeg:dash:schema:mpd:2011',
        'xmlns:scte35': hasSplices ? SCTE35_XML : undefined,
        'xmlns:cenc': namesKeys(mpd) ? CENC_XML : undefined,
        id: mpd.id,
        profiles: mpd.profiles.join(','),
        type: mpd.type,
        ...(isDynamic
          ? {
              availabilityStartTime: xsDateTime(mpd.availabilityStartTime),
              publishTime: xsDateTime(mpd.publishTime),
              minimumUpdatePeriod: optional(mpd.minimumUpdatePeriod, xsDuration),
            }
          : { mediaPresentationDuration: xsDuration(mpd.mediaPresentationDuration) }),
        minBufferTime: xsDuration(mpd.minBufferTime),
        ...(isDynamic && {
          timeShiftBufferDepth: optional(mpd.timeShiftBufferDepth, xsDuration),
          suggestedPresentationDelay: optional(mpd.suggestedPresentationDelay, xsDuration),
        }),
        maxSegmentDuration: optional(mpd.maxSegmentDuration, xsDuration),
      },
      [
        ...contentProtections(mpd.contentProtections),
        ...mpd.periods.map(period),
        ...descriptors('UTCTiming', isDynamic ? mpd.utcTimings : []),
      ],
    ),
  )
}

function namesKeys({ contentProtections: common = [], periods }: Mpd): boolean {
  const sets = periods.flatMap(({ adaptationSets }) => adaptationSets)
  const all = [...common, ...sets.flatMap((set) => set.contentProtections ?? [])]
  return all.some(({ defaultKid, content }) => defaultKid !== undefined || (content && 'pssh' in content))
}

function period({
  id,
  start,
  duration,
  eventStreams = [],
  adaptationSets,
  supplementalProperties,
}: Period): XmlElement {
  return element('Period', { id, start: optional(start, xsDuration), duration: optional(duration, xsDuration) }, [
    ...eventStreams.map(eventStream),
    ...adaptationSets.map(adaptationSet),
    ...descriptors('SupplementalProperty', supplementalProperties),
  ])
}

function eventStream({ schemeIdUri, timescale, events }: EventStream): XmlElement {
  const event = ({ presentationTime, duration, id, spliceInfoSection: section }: EventStream['events'][number]) =>
    element('Event', { presentationTime, duration, id }, [spliceInfoSection(section)])
  return element('EventStream', { schemeIdUri, timescale }, events.map(event))
}

function adaptationSet(set: AdaptationSet): XmlElement {
  const { accessibilities, roles, segmentTemplate: template, representations } = set
  return element(
    'AdaptationSet',
    {
      id: set.id,
      contentType: set.contentType,
      lang: set.lang,
      par: optional(set.par, ratio),
      maxWidth: set.maxWidth,
      maxHeight: set.maxHeight,
      maxFrameRate: optional(set.maxFrameRate, frameRate),
      ...baseAttributes(set),
      segmentAlignment: optional(set.segmentAlignment, String),
      bitstreamSwitching: optional(set.bitstreamSwitching, String),
      subsegmentAlignment: optional(set.subsegmentAlignment, String),
      subsegmentStartsWithSAP: set.subsegmentStartsWithSAP,
    },
    [
      ...baseElements(set),
      ...descriptors('Accessibility', accessibilities),
      ...descriptors('Role', roles),
      ...(template ? [segmentTemplate(template)] : []),
      ...representations.map(representation),
    ],
  )
}

function representation(value: Representation): XmlElement {
  const { id, bandwidth, maxPlayoutRate, codingDependency, segmentTemplate: template } = value
  return element(
    'Representation',
    {
      id,
      bandwidth,
      ...baseAttributes(value),
      maxPlayoutRate,
      codingDependency: optional(codingDependency, String),
    },
    [...baseElements(value), ...(template ? [segmentTemplate(template)] : [])],
  )
}

function baseAttributes(value: RepresentationBase) {
  return {
    mimeType: value.mimeType,
    codecs: value.codecs,
    width: value.width,
    height: value.height,
    sar: optional(value.sar, ratio),
    frameRate: optional(value.frameRate, frameRate),
    audioSamplingRate: value.audioSamplingRate,
    startWithSAP: value.startWithSAP,
    scanType: value.scanType,
  }
}

function baseElements(value: RepresentationBase): readonly XmlElement[] {
  return [
    ...descriptors('AudioChannelConfiguration', value.audioChannelConfigurations),
    ...contentProtections(value.contentProtections),
    ...descriptors('EssentialProperty', value.essentialProperties),
    ...descriptors('SupplementalProperty', value.supplementalProperties),
    ...descriptors('InbandEventStream', value.inbandEventStreams),
    ...(value.labels ?? []).map((label) => element('Label', {}, [label])),
  ]
}

function segmentTemplate(template: SegmentTemplate): XmlElement {
  const { segmentTimeline: timeline, timescale, presentationTimeOffset, startNumber, duration } = template
  const { media, initialization } = template
  return element(
    'SegmentTemplate',
    { media, initialization, timescale, presentationTimeOffset, startNumber, duration },
    timeline
      ? [element('SegmentTimeline', {}, timeline.length > 0 ? [{ name: 'S', each: runAttributes(timeline) }] : [])]
      : [],
  )
}

/** Writes one S for each run, with a time only where that does not begin at the end of the one before, §5.3.9.6.2. */
function* runAttributes(timeline: readonly TimelineRun[]): Generator<XmlAttributes> {
  let end: number | undefined
  for (const { t, d, count } of timeline) {
    yield { t: t === end ? undefined : t, d, r: count > 1 ? count - 1 : undefined }
    end = t + count * d
  }
}

function descriptors(name: string, values: readonly Descriptor[] = []): readonly XmlElement[] {
  return values.map(({ schemeIdUri, value }) => element(name, { schemeIdUri, value }))
}

function contentProtections(values: readonly ContentProtection[] = []): readonly XmlElement[] {
  return values.map(({ schemeIdUri, value, defaultKid, content }) => {
    const attributes = { schemeIdUri, value, 'cenc:default_KID': defaultKid }
    if (!content) return element('ContentProtection', attributes)
    const child = 'pssh' in content ? element('cenc:pssh', {}, [content.pssh]) : content
    return element('ContentProtection', attributes, [child])
  })
}

function optional<T>(value: T | undefined, write: (value: T) => string): string | undefined {
  return value === undefined ? undefined : write(value)
}

function ratio({ width, height }: Ratio): string {
  return `${width}:${height}`
}

function frameRate({ numerator, denominator }: FrameRate): string {
  return denominator === 1 ? String(numerator) : `${numerator}/${denominator}`
}
