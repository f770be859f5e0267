import { filterTs } from '../media/ts/filter.ts'
import type { HlsPackage, OriginEndpoint } from '../model/origin-endpoint.ts'
import type { ArchiveWindow } from '../model/output-segment.ts'
import { type HlsManifests, holdersOf, mediaPlaylist, parentPlaylist, presentationOf } from './hls-manifests.ts'
import { manifestFileName, parseHlsName, segmentFileName } from './hls-names.ts'
import { streamNamed } from './hls-presentation.ts'
import type { Asset, ManifestStyle, OutputFormat, TextBody } from './output-format.ts'
import { changed, verbatim } from './segment-body.ts'

const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl'
const SEGMENT_TYPE = 'video/mp2t'

/** HlsPackage: playlists over MPEG-TS segments, which are the encoder's own bytes wherever no track is dropped. */
export const hls: OutputFormat = {
  resolve: (endpoint, path) => parseHlsName(endpoint.manifestName, path),

  windowSeconds: (endpoint) => settingsOf(endpoint).playlistWindowSeconds,

  segmentDurationSeconds: (endpoint) => settingsOf(endpoint).segmentDurationSeconds,

  manifest(endpoint, window, { n, p }, style) {
    const manifests = manifestsOf(endpoint, window, style)
    if (n === undefined) {
      const presentation = presentationOf(manifests)
      return presentation && playlist(parentPlaylist(manifests, presentation))
    }
    const name = { n, ...(p !== undefined && { p }) }
    const isHeldBy = holdersOf(manifests, name)
    return isHeldBy && playlist(mediaPlaylist(manifests, name, isHeldBy))
  },

  async segment(endpoint, segment, window, name, archive) {
    const era = window.eras.find(({ id }) => id === segment.era)
    const stream = era && streamNamed(era, settingsOf(endpoint), name)
    if (!stream) return undefined
    const objects = segment.slots.flatMap((slot) => slot.objects[stream.n] ?? [])
    const { pids } = stream
    if (!pids) return verbatim(SEGMENT_TYPE, objects)
    return changed(SEGMENT_TYPE, objects, archive, (sources) => filterTs(sources, ({ pid }) => pids.includes(pid)))
  },

  asset(endpoint, window): Asset | undefined {
    const manifests = manifestsOf(endpoint, window, { kind: 'harvest' })
    const presentation = presentationOf(manifests)
    if (!presentation) return undefined
    const streams = [...presentation.variants, ...presentation.audio].flatMap(({ n, p }) => {
      const name = { n, ...(p !== undefined && { p }) }
      const isHeldBy = holdersOf(manifests, name)
      return isHeldBy ? [{ name, isHeldBy }] : []
    })
    return {
      segments: streams.flatMap(({ name, isHeldBy }) =>
        window.segments.filter(isHeldBy).map((segment) => {
          const request = { ...name, number: segment.number }
          return { name: segmentFileName(endpoint.manifestName, request), request, segment }
        }),
      ),
      manifests: streams.map(({ name, isHeldBy }) => ({
        name: manifestFileName(endpoint.manifestName, name),
        body: () => playlist(mediaPlaylist(manifests, name, isHeldBy)),
      })),
      parent: playlist(parentPlaylist(manifests, presentation)),
    }
  },
}

function playlist(text: string): TextBody {
  return { contentType: PLAYLIST_TYPE, text }
}

function settingsOf(endpoint: OriginEndpoint): HlsPackage {
  if (endpoint.package.type !== 'hlsPackage') throw new Error(`endpoint ${endpoint.id} has no hlsPackage`)
  return endpoint.package
}

function manifestsOf(endpoint: OriginEndpoint, window: ArchiveWindow, style: ManifestStyle): HlsManifests {
  const isLive = style.kind === 'live'
  return {
    settings: settingsOf(endpoint),
    window,
    manifestName: encodeURIComponent(endpoint.manifestName),
    segmentQuery: isLive ? `?m=${Math.floor(endpoint.modifiedAt / 1000)}` : '',
    ended: !isLive || window.ended,
  }
}
