import type { AdaptationSet, ContentProtection, Representation, SegmentTemplate } from '../../manifests/dash/mpd.ts'
import { rescale, TICKS_PER_SECOND } from '../../media/time.ts'
import type { Encryption } from '../../model/encryption.ts'
import type { ManifestFilter } from '../../model/manifest-filter.ts'
import type { SingleTrack } from '../tracks/track-set.ts'
import { type DashKind, headerFileName, segmentFileName } from './names.ts'
import type { PeriodSegments } from './period-segments.ts'
import type { DashPeriod } from './periods.ts'
import type { DashSettings } from './settings.ts'
import { templateTimescales } from './timescales.ts'

/** The values that all segment templates of a Period share. */
export type DashTemplates = {
  readonly settings: DashSettings
  readonly period: DashPeriod
  readonly shown: PeriodSegments
  readonly startNumber: number
  /** How many images are listed for each output segment. */
  readonly imagesPerSegment: number
  /** True in an asset: what is listed is all there. */
  readonly isWhole: boolean
  /** Folder and beginning of every file name, percent-encoded, since all that is written here is a URI. */
  readonly prefix: string
  /** The query appended to file names. */
  readonly query: string
  readonly filter?: ManifestFilter
  /** Absent where segments are in the clear. */
  readonly encryption?: Encryption
  /** What is said of a track's encryption beside the track; nothing where it is said above all. */
  readonly protectionsOf: (track: SingleTrack) => readonly ContentProtection[]
}

/** The templates of representations, and the one they can inherit from their adaptation set. */
export type PlacedTemplates = {
  /** Template of the adaptation set; undefined when its representations have too little in common. */
  readonly shared?: SegmentTemplate
  /** Template of each representation by position; undefined where it inherits the shared one. */
  readonly own: readonly (SegmentTemplate | undefined)[]
}

/**
 * The templates of an adaptation set. The full layout has one for each representation. The compact layout puts into
 * the set what most representations have in common; video tracks whose frame rates do not combine stay as in the full
 * layout.
 */
export function templatesOf(templates: DashTemplates, kind: DashKind, tracks: readonly SingleTrack[]): PlacedTemplates {
  const timescaleOf = templateTimescales(templates.period.era, templates.settings)
  const counted = tracks.map((track) => countedBy(templates, track, timescaleOf(track)))
  const named = (n: number | '$RepresentationID$', segments: Counted): SegmentTemplate => {
    const { prefix, query, period, settings } = templates
    const track = { kind, n, era: period.era.id }
    const at = settings.segmentTemplateFormat === 'TIME_WITH_TIMELINE' ? '$Time$' : '$Number$'
    return {
      media: segmentFileName(prefix, track, at) + query,
      initialization: headerFileName(prefix, track) + query,
      ...segments,
    }
  }
  const full = counted.map((segments, i) => named(tracks[i]!.n, segments))
  const isMixed = kind === 'video' && new Set(counted.map(({ timescale }) => timescale)).size > 1
  // Trick play has one representation, and its identifier is not its number.
  if (templates.settings.manifestLayout === 'FULL' || isMixed || kind === 'iframe') return { own: full }
  const groups = alike(counted)
  const shared = groups.toSorted((a, b) => b.length - a.length)[0]?.[0]
  if (!shared) return { own: full }
  return {
    shared: named('$RepresentationID$', shared),
    own: full.map((template, i) => (isAlike(counted[i]!, shared) ? undefined : template)),
  }
}

type Counted = Omit<SegmentTemplate, 'media' | 'initialization'>

function countedBy(templates: DashTemplates, track: SingleTrack, timescale: number): Counted {
  const { settings, period, shown, startNumber } = templates
  const origin = period.begins.time
  if (settings.segmentTemplateFormat === 'NUMBER_WITH_DURATION') {
    // Ticks, whatever the media's timescale: the one in which regular segments have a whole duration.
    return {
      timescale: TICKS_PER_SECOND,
      presentationTimeOffset: origin,
      startNumber,
      duration: regularDuration(period),
    }
  }
  return {
    timescale,
    presentationTimeOffset: rescale(origin, TICKS_PER_SECOND, timescale),
    startNumber,
    segmentTimeline: shown.timelines.get(track.n) ?? [],
  }
}

/**
 * Duration in ticks of the segments of a Period that are meant to be of equal length: the average since the Period
 * began.
 */
export function regularDuration({ segments }: Pick<DashPeriod, 'segments'>): number {
  const last = segments.at(-1)
  if (!last?.period) return 0
  const { number, start } = last.period
  return last.number === number ? last.duration : Math.round((last.start - start) / (last.number - number))
}

function alike(all: readonly Counted[]): readonly (readonly Counted[])[] {
  const groups: Counted[][] = []
  for (const each of all) {
    const group = groups.find(([first]) => first && isAlike(first, each))
    if (group) group.push(each)
    else groups.push([each])
  }
  return groups
}

function isAlike(a: Counted, b: Counted): boolean {
  const [{ segmentTimeline: listA = [] }, { segmentTimeline: listB = [] }] = [a, b]
  return (
    a.timescale === b.timescale &&
    a.presentationTimeOffset === b.presentationTimeOffset &&
    a.duration === b.duration &&
    listA.length === listB.length &&
    listA.every(({ t, d, count }, i) => t === listB[i]?.t && d === listB[i].d && count === listB[i].count)
  )
}

export function sharedTemplate({ shared }: PlacedTemplates): Pick<AdaptationSet, 'segmentTemplate'> {
  return shared ? { segmentTemplate: shared } : {}
}

export function ownTemplate({ own }: PlacedTemplates, i: number): Pick<Representation, 'segmentTemplate'> {
  const template = own[i]
  return template ? { segmentTemplate: template } : {}
}

/** What an adaptation set of tracks with one key says of their encryption. */
export function protectionOfSet(
  { protectionsOf }: DashTemplates,
  track: SingleTrack,
): Pick<AdaptationSet, 'contentProtections'> {
  const contentProtections = protectionsOf(track)
  return contentProtections.length > 0 ? { contentProtections } : {}
}
