import { writeMpd } from '../manifests/dash/write-mpd.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { ArchiveWindow, OutputSegment } from '../model/output-segment.ts'
import { headerFileName, kindOf, parseDashName, segmentFileName } from './dash-names.ts'
import { type DashPeriod, periodsOf } from './dash-periods.ts'
import { type DashManifest, listedPeriods, mpdOf } from './dash-presentation.ts'
import { headerBody, headerNamed, segmentAddress, segmentBody, segmentNamed, settingsOf } from './dash-segments.ts'
import { iFrameOf } from './i-frames.ts'
import {
  type Asset,
  type AssetSegment,
  filterOf,
  type ManifestStyle,
  type OutputFormat,
  type TextBody,
} from './output-format.ts'
import { segmentQuery } from './segment-query.ts'
import { cuesBeforeIn } from './text-segment.ts'
import { isFinished, type PathTimes, referencesOf, splitTimes } from './time-shift.ts'
import type { SingleTrack } from './track-set.ts'

const MANIFEST_TYPE = 'application/dash+xml'

/** DashPackage: a media presentation description over fragmented MP4 segments of one track each. */
export const dash: OutputFormat = {
  resolve(endpoint, path) {
    const settings = settingsOf(endpoint)
    const { times, rest } = splitTimes(path)
    const name = parseDashName(endpoint.manifestName, rest)
    if (!name || (name.kind !== 'manifest' && times.depth > 0)) return undefined
    switch (name.kind) {
      case 'manifest':
        return {
          kind: 'manifest',
          isParent: true,
          times,
          takesTimes: true,
          windowSeconds: settings.manifestWindowSeconds,
          write: (window, style) => manifestText(manifestOf(endpoint, window, style, times)),
        }
      case 'header':
        return { kind: 'segment', body: (index) => headerNamed(endpoint, name.track, index) }
      case 'segment':
        return { kind: 'segment', body: (index, media) => segmentNamed(endpoint, name.track, name.at, index, media) }
    }
  },

  asset(endpoint, window): Asset | undefined {
    const manifest = manifestOf(endpoint, window, { kind: 'harvest' }, { depth: 0 })
    const parent = manifestText(manifest)
    if (parent === undefined || parent === 'nothing left') return undefined
    return { segments: assetFiles(endpoint, window), manifests: [], parent }
  },
}

function manifestText(manifest: DashManifest): TextBody | 'nothing left' | undefined {
  const periods = listedPeriods(manifest)
  if (periods === undefined || periods === 'nothing left') return periods
  const lastSequence = lastTime(manifest, periods.at(-1))
  return {
    contentType: MANIFEST_TYPE,
    text: writeMpd(mpdOf(manifest, periods)),
    ...(lastSequence !== undefined && { lastSequence }),
  }
}

/** Where segments are named by their times: that of the newest in the lowest rendition. */
function lastTime({ settings }: DashManifest, period: DashPeriod | undefined): number | undefined {
  if (settings.segmentTemplateFormat !== 'TIME_WITH_TIMELINE') return undefined
  const newest = period?.segments.at(-1)
  if (!period || !newest) return undefined
  const { video, audio, text } = period.tracks
  const [track] = [...video.toSorted((a, b) => a.bandwidth - b.bandwidth), ...audio, ...text]
  return track && segmentAddress(track, newest, period.era, settings)
}

/** Every header and segment the manifest of a window names. */
function assetFiles(endpoint: OriginEndpoint, window: ArchiveWindow): readonly AssetSegment[] {
  const settings = settingsOf(endpoint)
  const files = new Map<string, AssetSegment>()
  const places = new Map(window.segments.map((segment, i) => [segment, i]))
  const earlierOf = (track: SingleTrack, segment: OutputSegment) =>
    track.kind === 'text' ? cuesBeforeIn(window.segments, places.get(segment) ?? 0, track.stream) : []
  const add = (name: string, body: AssetSegment['body']) => files.set(name, { name, body })
  for (const { era, tracks, segments } of periodsOf(window, settings)) {
    const named = (track: SingleTrack, kind = kindOf(track)) => ({ kind, n: track.n, era: era.id })
    const [first] = tracks.video
    const all = [
      ...[...tracks.video, ...tracks.audio, ...tracks.text].map((track) => ({ track, name: named(track) })),
      ...(settings.includeIframeOnlyStream && first ? [{ track: first, name: named(first, 'iframe') }] : []),
    ]
    for (const { track, name } of all) {
      add(headerFileName(endpoint.manifestName, name), async () => headerBody(track))
      for (const segment of segments) {
        if (name.kind === 'iframe' && !iFrameOf(segment, track.stream.index)) continue
        const at = segmentAddress(track, segment, era, settings)
        if (at === undefined) continue
        add(segmentFileName(endpoint.manifestName, name, at), (media) =>
          segmentBody(track, name, segment, earlierOf(track, segment), media),
        )
      }
    }
  }
  return [...files.values()]
}

function manifestOf(
  endpoint: OriginEndpoint,
  window: ArchiveWindow,
  style: ManifestStyle,
  times: PathTimes,
): DashManifest {
  return {
    settings: settingsOf(endpoint),
    window,
    manifestName: encodeURIComponent(endpoint.manifestName),
    toSegments: referencesOf(times, style).toSegments,
    query: style.kind === 'live' ? segmentQuery(endpoint) : '',
    ended: isFinished(window, style),
    delay: endpoint.timeDelaySeconds * 1000,
    ...filterOf(style),
  }
}
