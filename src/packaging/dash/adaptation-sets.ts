import {
  closedCaptions,
  colour,
  id3EventStream,
  role,
  spliceEventStream,
  switchingWith,
  trickMode,
} from '../../manifests/dash/descriptors.ts'
import type { AdaptationSet, Descriptor, FrameRate, Ratio, Representation } from '../../manifests/dash/mpd.ts'
import { greatestCommonDivisor } from '../../media/divisor.ts'
import { TICKS_PER_SECOND } from '../../media/time.ts'
import type { VideoDescription } from '../../media/track.ts'
import { inOrder, type SegmentSummary } from '../../model/output-segment.ts'
import { passesTrickPlay } from '../tracks/filtered-tracks.ts'
import { familyOf, type SingleVideo } from '../tracks/track-set.ts'
import { keyGroupOf } from './content-protections.ts'
import { imageSets } from './images.ts'
import { claimsBitstreamSwitching } from './profiles.ts'
import { audioSet, textSet } from './sound-and-text.ts'
import { type DashTemplates, ownTemplate, protectionOfSet, sharedTemplate, templatesOf } from './templates.ts'

/**
 * Added to the track number for the id of the trick-play set; other adaptation sets have the number of their first
 * track.
 */
const TRICK_PLAY = 1000

/**
 * The adaptation sets of a Period: video tracks that a player may switch between, each audio and text track by itself,
 * and images.
 */
export function adaptationSetsOf(templates: DashTemplates): readonly AdaptationSet[] {
  const { tracks } = templates.period
  const { encryption } = templates
  const groups = [...Map.groupBy(tracks.video, switchingGroup).values()]
  return [
    ...groups.flatMap((group, i) => {
      const sets = [...Map.groupBy(group, (track) => keyGroupOf(encryption, track)).values()]
      return sets.map((set) =>
        videoSet(templates, set, { isMain: i === 0, others: sets.filter((each) => each !== set) }),
      )
    }),
    ...trickPlaySet(templates),
    ...tracks.audio.map((track) => ({
      ...audioSet(track, templatesOf(templates, 'audio', [track])),
      ...protectionOfSet(templates, track),
    })),
    ...tracks.text.map((track) => textSet(track, templatesOf(templates, 'subtitles', [track]))),
    ...imageSets(templates),
  ]
}

/** The group within which players switch: one codec family and one dynamic range. */
function switchingGroup({ description }: SingleVideo): string {
  return `${familyOf(description.codec)}/${dynamicRange(description) ?? ''}`
}

/** What a set of video tracks is among those of its Period: `others` are those of its group that have other keys. */
type SetAmongOthers = { readonly isMain: boolean; readonly others: readonly (readonly SingleVideo[])[] }

function videoSet(
  templates: DashTemplates,
  tracks: readonly SingleVideo[],
  { isMain, others }: SetAmongOthers,
): AdaptationSet {
  const placed = templatesOf(templates, 'video', tracks)
  const captions = tracks.flatMap(({ role: { captions = [] } }) => captions)
  const distinct = captions.filter((each, i) => captions.findIndex((o) => o.instreamId === each.instreamId) === i)
  const inbandEventStreams = [
    ...(tracks.some(({ hasEvents }) => hasEvents) ? [id3EventStream()] : []),
    ...(templates.settings.periodTriggers.includes('ADS') ? [spliceEventStream()] : []),
  ]
  const { supplementalProperties = [], ...essential } = colourProperties(tracks[0]!.description)
  const properties = [
    ...supplementalProperties,
    ...(others.length > 0 ? [switchingWith(others.map(([first]) => first!.n))] : []),
  ]
  return {
    id: tracks[0]!.n,
    ...picturesInSet(tracks, areCutAlike(tracks, templates)),
    ...(claimsBitstreamSwitching(templates.settings.profile) && { bitstreamSwitching: true }),
    ...protectionOfSet(templates, tracks[0]!),
    ...essential,
    ...(properties.length > 0 && { supplementalProperties: properties }),
    ...(inbandEventStreams.length > 0 && { inbandEventStreams }),
    accessibilities: closedCaptions(distinct),
    roles: [role(isMain ? 'main' : 'alternate')],
    ...sharedTemplate(placed),
    representations: tracks.map((track, i) => ({
      id: String(track.n),
      bandwidth: track.bandwidth,
      ...pictures(track),
      ...ownTemplate(placed, i),
    })),
  }
}

/** The adaptation set for fast forward, with key frames of the first rendition; none when a segment lacks them. */
function trickPlaySet(templates: DashTemplates): readonly AdaptationSet[] {
  const { settings, period, filter } = templates
  const [track] = period.tracks.video
  if (!settings.includeIframeOnlyStream || !track || !passesTrickPlay(filter, track.description.height)) return []
  const rates = period.segments.map((segment) => keyFrameRate(track, segment))
  if (rates.includes(0)) return []
  const placed = templatesOf(templates, 'iframe', [track])
  const { essentialProperties = [], ...more } = colourProperties(track.description)
  const { frameRate, ...picture } = pictures(track)
  const representation: Representation = {
    id: `iframe_${track.n}`,
    bandwidth: Math.ceil(rates.reduce((most, rate) => Math.max(most, rate))),
    ...picture,
    codingDependency: false,
    ...ownTemplate(placed, 0),
  }
  return [
    {
      id: TRICK_PLAY + track.n,
      ...picturesInSet([track], true),
      ...protectionOfSet(templates, track),
      ...more,
      essentialProperties: [trickMode(track.n), ...essentialProperties],
      representations: [representation],
    },
  ]
}

/** Bit rate of a segment's key frames in bits per second; 0 when it has none. */
function keyFrameRate({ stream }: SingleVideo, { slots, duration }: SegmentSummary): number {
  const frames = slots.flatMap(({ objects }) =>
    inOrder(objects[stream.index]).flatMap(({ keyFrames = [] }) => keyFrames),
  )
  return (frames.reduce((sum, { size }) => sum + size, 0) * 8 * TICKS_PER_SECOND) / duration
}

/** True when the segments of all tracks begin at the same times, ISO/IEC 23009-1 §5.3.3.2. */
function areCutAlike(tracks: readonly SingleVideo[], { shown }: DashTemplates): boolean {
  return tracks.length === 1 || !tracks.some(({ stream }) => shown.cutOtherwise.has(stream.index))
}

function picturesInSet(tracks: readonly SingleVideo[], isAligned: boolean): Omit<AdaptationSet, 'representations'> {
  const descriptions = tracks.map(({ description }) => description)
  const shapes = descriptions.map(pictureShape)
  const [par] = shapes
  const rates = descriptions.flatMap(({ frameRate }) => frameRate ?? [])
  const [maxFrameRate] = rates.toSorted((a, b) => b.numerator / b.denominator - a.numerator / a.denominator)
  return {
    contentType: 'video',
    mimeType: 'video/mp4',
    segmentAlignment: isAligned,
    startWithSAP: 1,
    subsegmentAlignment: isAligned,
    subsegmentStartsWithSAP: 1,
    ...(par && shapes.every(({ width, height }) => width === par.width && height === par.height) && { par }),
    maxWidth: Math.max(...descriptions.map(({ width }) => width)),
    maxHeight: Math.max(...descriptions.map(({ height }) => height)),
    ...(maxFrameRate && { maxFrameRate }),
  }
}

function pictures({ description }: SingleVideo): {
  readonly codecs: string
  readonly width: number
  readonly height: number
  readonly sar: Ratio
  readonly frameRate?: FrameRate
} {
  const { codec, width, height, frameRate, sampleAspectRatio = { width: 1, height: 1 } } = description
  return { codecs: codec, width, height, sar: sampleAspectRatio, ...(frameRate && { frameRate }) }
}

/** Aspect ratio of the whole picture, in lowest terms. */
function pictureShape({ width, height, sampleAspectRatio = { width: 1, height: 1 } }: VideoDescription): Ratio {
  const [across, down] = [width * sampleAspectRatio.width, height * sampleAspectRatio.height]
  const divisor = Math.max(greatestCommonDivisor(across, down), 1)
  return { width: across / divisor, height: down / divisor }
}

/** TransferCharacteristics of ISO/IEC 23091-2: SMPTE ST 2084 and ARIB STD-B67. */
const PQ = 16
const HLG = 18
/** TransferCharacteristics of BT.2020, which screens without HLG may assume for it. */
const BT_2020 = 14

function dynamicRange({ colour: said }: VideoDescription): 'pq' | 'hlg' | undefined {
  return said?.transfer === PQ ? 'pq' : said?.transfer === HLG ? 'hlg' : undefined
}

/**
 * Descriptors of high dynamic range, ETSI TS 103 285 §5.2.5 and §5.2.6: a player that cannot show PQ must skip the
 * set; any player may show HLG.
 */
function colourProperties(description: VideoDescription): {
  readonly essentialProperties?: readonly Descriptor[]
  readonly supplementalProperties?: readonly Descriptor[]
} {
  const { colour: said } = description
  const range = dynamicRange(description)
  if (!said || !range) return {}
  const essentialProperties = [
    colour('ColourPrimaries', said.primaries),
    colour('TransferCharacteristics', range === 'pq' ? PQ : BT_2020),
    colour('MatrixCoefficients', said.matrix),
  ]
  if (range === 'pq') return { essentialProperties }
  return { essentialProperties, supplementalProperties: [colour('TransferCharacteristics', HLG)] }
}
