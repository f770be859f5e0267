import type { Absence } from '../../archive/reader.ts'
import { thumbnailTile } from '../../manifests/dash/descriptors.ts'
import type { AdaptationSet, Representation, SegmentTemplate } from '../../manifests/dash/mpd.ts'
import { timelineRuns } from '../../manifests/dash/segment-timeline.ts'
import { TICKS_PER_SECOND, ticks } from '../../media/time.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { Era, SegmentSummary } from '../../model/output-segment.ts'
import type { AssetSegment, SegmentBatch, SegmentBody, SegmentLookup } from '../output-format.ts'
import { imageFiles, imageIn, imageNamed } from '../segments/images.ts'
import { hasImages, type ImagePart, type ImageTrack, imageTracksOf, partsOf } from '../tracks/images.ts'
import { type DashImagesName, imageFileName, imagesFileName } from './names.ts'
import type { DashPeriod } from './periods.ts'
import { listsImages } from './profiles.ts'
import { type DashSettings, dashSettings } from './settings.ts'
import { type DashTemplates, regularDuration } from './templates.ts'

/** The adaptation set of a Period's images, DASH-IF IOP 4.3 §6.2.6: none where it has none. */
export function imageSets(templates: DashTemplates): readonly AdaptationSet[] {
  const { period, settings } = templates
  const images = listedIn(period, settings, templates.isWhole)
  const [first] = images
  if (!first) return []
  const isShared = settings.manifestLayout !== 'FULL' && images.every((each) => haveSameParts(period, first, each))
  return [
    {
      id: first.n,
      contentType: 'image',
      mimeType: 'image/jpeg',
      ...(isShared && { segmentTemplate: templateOf(templates, first, '$RepresentationID$') }),
      representations: images.map((track): Representation => {
        const { n, role, description } = track
        return {
          id: String(n),
          bandwidth: Math.max(role.bandwidth, 1),
          width: description.width,
          height: description.height,
          essentialProperties: [thumbnailTile(1, 1)],
          ...(!isShared && { segmentTemplate: templateOf(templates, track, n) }),
        }
      }),
    },
  ]
}

/** Numbers cannot skip what is missing: players who ask for it are told that it is not there; assets have it all. */
function listedIn({ images, segments }: DashPeriod, settings: DashSettings, isWhole: boolean): readonly ImageTrack[] {
  if (!isWhole || namesTimes(settings)) return images
  return images.filter((track) => segments.every((segment) => hasImages(segment, track)))
}

function haveSameParts({ segments }: DashPeriod, a: ImageTrack, b: ImageTrack): boolean {
  return a === b || segments.every((segment) => hasImages(segment, a) === hasImages(segment, b))
}

function templateOf(templates: DashTemplates, track: ImageTrack, n: number | '$RepresentationID$'): SegmentTemplate {
  const { settings, period, startNumber, imagesPerSegment: perSegment, prefix, query } = templates
  const names = { n, era: period.era.id, perSegment }
  const media = imageFileName(prefix, names, namesTimes(settings) ? '$Time$' : '$Number$') + query
  if (settings.segmentTemplateFormat === 'NUMBER_WITH_DURATION') {
    // Units of which a regular segment has as many as it has images, or a multiple.
    const timescale = TICKS_PER_SECOND * perSegment
    const presentationTimeOffset = period.begins.time * perSegment
    return {
      media,
      timescale,
      presentationTimeOffset,
      startNumber: startNumber * perSegment,
      duration: regularDuration(period),
    }
  }
  const parts = period.segments.flatMap((segment) => {
    return namesTimes(settings) && !hasImages(segment, track) ? [] : partsOf(segment, perSegment)
  })
  return {
    media,
    timescale: TICKS_PER_SECOND,
    presentationTimeOffset: period.begins.time,
    startNumber: parts[0]?.number ?? startNumber * perSegment,
    segmentTimeline: timelineRuns(parts.map(({ shown }) => ({ t: shown.start, d: shown.duration }))),
  }
}

/** An image by its number or its time, or why there is none. */
export async function dashImage(
  endpoint: OriginEndpoint,
  { images, at }: { readonly images: DashImagesName; readonly at: number },
  index: SegmentLookup,
): Promise<SegmentBody | Absence> {
  const { perSegment } = images
  const settings = dashSettings(endpoint)
  const trackIn = (era: Era) => (era.id === images.era ? imageTracksOf(era).find(({ n }) => n === images.n) : undefined)
  if (!listsImages(settings.profile)) return 'no such'
  if (!namesTimes(settings)) return imageNamed(endpoint, { perSegment, number: at }, index, trackIn)
  const era = await index.era(endpoint, images.era)
  if (typeof era === 'string') return era
  const { segments, absence } = await index.outputSegmentsAround(endpoint, { era: era.id, time: ticks(at) })
  for (const segment of segments) {
    const part = (segment.images ?? 1) === perSegment ? partAt(segment, perSegment, at) : undefined
    if (part) return imageIn({ era, segment }, part, trackIn)
  }
  return absence
}

function partAt(segment: SegmentSummary, perSegment: number, time: number): ImagePart | undefined {
  return partsOf(segment, perSegment).find(({ shown }) => shown.start === time)
}

/** The images of one output segment of a batch, as a Period of an asset has them. */
export function imageFilesOf(
  settings: DashSettings,
  { period, perSegment }: { readonly period: DashPeriod; readonly perSegment: number },
  batch: SegmentBatch<SegmentSummary>,
  place: number,
): readonly AssetSegment[] {
  const { name: prefix } = settings.segment
  const { era } = period
  return listedIn(period, settings, true).flatMap((track) => {
    const files = {
      tracks: new Map([[era.id, track]]),
      perSegment,
      nameOf: ({ number, shown }: ImagePart) =>
        imageFileName(prefix, { n: track.n, era: era.id, perSegment }, namesTimes(settings) ? shown.start : number),
      track: imagesFileName(prefix, track.n),
    }
    return imageFiles(files, batch, place)
  })
}

function namesTimes({ segmentTemplateFormat }: DashSettings): boolean {
  return segmentTemplateFormat === 'TIME_WITH_TIMELINE'
}
