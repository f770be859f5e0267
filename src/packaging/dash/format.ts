import { writeMpd } from '../../manifests/dash/write-mpd.ts'
import type { SegmentSummary } from '../../model/output-segment.ts'
import { underNames } from '../asset-names.ts'
import {
  type Asset,
  type AssetFile,
  type AssetSegment,
  distinct,
  type OutputFormat,
  type SegmentBatch,
  type TextBody,
} from '../output-format.ts'
import { assetPresentation, type Presentation, presentationOf } from '../presentation.ts'
import { cuesBeforeIn } from '../segments/text-segment.ts'
import { splitTimes } from '../time-shift.ts'
import { iFrameOf } from '../tracks/i-frames.ts'
import { imagesPerSegment } from '../tracks/images.ts'
import type { SingleTrack } from '../tracks/track-set.ts'
import { hasTrack } from '../tracks/track-times.ts'
import { dashImage, imageFilesOf } from './images.ts'
import {
  type DashTrackName,
  headerFileName,
  parseDashName,
  segmentFileName,
  trackFileName,
  trackKindOf,
} from './names.ts'
import { type DashPeriod, periodStartOf } from './periods.ts'
import { type DashPresentation, listedPeriods, mpdOf } from './presentation.ts'
import { headerBody, headerNamed, segmentAddress, segmentBody, segmentNamed } from './segments.ts'
import { type DashSettings, dashSettings } from './settings.ts'

const MANIFEST_TYPE = 'application/dash+xml'

/** DASH: an MPD over fragmented MP4 segments of one track each. */
export const dash: OutputFormat = {
  resolve(endpoint, path) {
    const settings = dashSettings(endpoint)
    const { times, rest } = splitTimes(path)
    const name = parseDashName(settings, rest)
    if (!name || (name.kind !== 'manifest' && times.depth > 0)) return undefined
    switch (name.kind) {
      case 'manifest':
        return {
          kind: 'manifest',
          isParent: true,
          times,
          takesTimes: true,
          windowSeconds: settings.windowSeconds,
          write: (window, style) => manifestText(manifestOf(presentationOf(endpoint, window, style, times))),
        }
      case 'header':
        return {
          kind: 'segment',
          isHeader: true,
          body: (index, _, keys) => headerNamed(endpoint, name.track, index, keys),
        }
      case 'image':
        return { kind: 'segment', body: (index) => dashImage(endpoint, name, index) }
      case 'segment':
        return { kind: 'segment', body: (index, media, keys) => segmentNamed(endpoint, name, index, { media, keys }) }
    }
  },

  asset(endpoint, window, options = {}): Asset | undefined {
    const manifest = manifestOf(assetPresentation(underNames(endpoint, options), window, options))
    const periods = listedPeriods(manifest)
    if (periods === undefined || periods === 'nothing left') return undefined
    const shown = periods.map((period) => shownIn(period, manifest.settings))
    const perSegment = imagesPerSegment(window)
    const byPeriod = new Map(shown.map((each) => [each.period.id + 1, each]))
    return {
      // A track has the same header in all Periods of an era.
      headers: distinct(shown.flatMap((each) => headersOf(manifest, each))),
      segmentsOf: (batch) =>
        distinct([
          ...segmentsOf(manifest, byPeriod, batch),
          ...batch.segments.flatMap((segment, place) => {
            const { period } = byPeriod.get(periodStartOf(segment, manifest.settings)?.number ?? 0) ?? {}
            return period ? imageFilesOf(manifest.settings, { period, perSegment }, batch, place) : []
          }),
        ]),
      manifests: [],
      parent: () => mpd(manifest, periods),
    }
  },
}

function manifestText(manifest: DashPresentation): TextBody | 'nothing left' | undefined {
  const periods = listedPeriods(manifest)
  return periods === undefined || periods === 'nothing left' ? periods : mpd(manifest, periods)
}

function mpd(manifest: DashPresentation, periods: readonly DashPeriod[]): TextBody {
  const lastSequence = lastTime(manifest, periods.at(-1))
  return {
    contentType: MANIFEST_TYPE,
    text: writeMpd(mpdOf(manifest, periods)),
    ...(lastSequence !== undefined && { lastSequence }),
  }
}

/** Time of the newest segment of the lowest rendition; undefined unless segments are named by their times. */
function lastTime({ settings }: DashPresentation, period: DashPeriod | undefined): number | undefined {
  if (settings.segmentTemplateFormat !== 'TIME_WITH_TIMELINE') return undefined
  const newest = period?.segments.at(-1)
  if (!period || !newest) return undefined
  const { video, audio, text } = period.tracks
  const [track] = [...video.toSorted((a, b) => a.bandwidth - b.bandwidth), ...audio, ...text]
  return track && segmentAddress(track, newest, period.era, settings)
}

/** A Period with all its tracks that have files. */
type ShownPeriod = {
  readonly period: DashPeriod
  readonly tracks: readonly { readonly track: SingleTrack; readonly name: DashTrackName }[]
}

function shownIn(period: DashPeriod, { includeIframeOnlyStream }: DashSettings): ShownPeriod {
  const { era, tracks } = period
  const named = (track: SingleTrack, kind = trackKindOf(track)) => ({ track, name: { kind, n: track.n, era: era.id } })
  const [first] = tracks.video
  const all = [...tracks.video, ...tracks.audio, ...tracks.text].map((track) => named(track))
  return { period, tracks: includeIframeOnlyStream && first ? [...all, named(first, 'iframe')] : all }
}

function headersOf({ endpoint, settings }: DashPresentation, { tracks }: ShownPeriod): readonly AssetFile[] {
  // Trick play uses the header of the track it is taken from.
  const own = tracks.filter(({ name }) => name.kind !== 'iframe')
  return own.map(({ track, name }) => ({
    name: headerFileName(settings.segment.name, name),
    track: trackFileName(settings.segment.name, name),
    body: (_, keys) => headerBody(endpoint, track, (period) => keys.find(endpoint, period)),
  }))
}

/** The files of the batch's segments that belong to a listed Period; `shown` has Periods by number. */
function segmentsOf(
  { endpoint, settings }: DashPresentation,
  shown: ReadonlyMap<number, ShownPeriod>,
  batch: SegmentBatch<SegmentSummary>,
): readonly AssetSegment[] {
  const { name: prefix } = settings.segment
  return batch.segments.flatMap((segment, place) => {
    const { period, tracks = [] } = shown.get(periodStartOf(segment, settings)?.number ?? 0) ?? {}
    return tracks.flatMap(({ track, name }): readonly AssetSegment[] => {
      // What the track had before may last until the end of the Period.
      if (!hasTrack(track, segment)) return []
      if (name.kind === 'iframe' && !iFrameOf(segment, track.stream.index)) return []
      const at = period && segmentAddress(track, segment, period.era, settings)
      if (at === undefined) return []
      const of = { endpoint, track, kind: name.kind }
      const body: AssetSegment['body'] = (whole, media, keys) => {
        const earlier = track.kind === 'text' ? cuesBeforeIn(whole, place, track.stream) : []
        return segmentBody(of, { segment: whole.segments[place]!, earlier }, { media, keys })
      }
      const source = { place, stream: track.stream.index }
      return [{ name: segmentFileName(prefix, name, at), track: trackFileName(prefix, name), source, body }]
    })
  })
}

function manifestOf(presentation: Presentation): DashPresentation {
  const { endpoint } = presentation
  return {
    ...presentation,
    settings: dashSettings(endpoint),
    delay: endpoint.timeDelaySeconds * 1000,
  }
}
