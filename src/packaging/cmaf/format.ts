import type { Absence } from '../../archive/reader.ts'
import type { HlsManifest } from '../../model/manifest.ts'
import { type OriginEndpoint, packagingIn } from '../../model/origin-endpoint.ts'
import type { Era, SegmentSummary } from '../../model/output-segment.ts'
import { type CmafPackaging, manifestsOfType } from '../../model/packaging.ts'
import { underNames } from '../asset-names.ts'
import { PLAYLIST_TYPE } from '../hls-playlists/media-playlist.ts'
import type {
  Asset,
  AssetFile,
  AssetSegment,
  OutputFormat,
  SegmentBatch,
  SegmentBody,
  SegmentLookup,
  TextBody,
} from '../output-format.ts'
import { assetPresentation, type Presentation, presentationOf } from '../presentation.ts'
import { allImageFiles, imageNamed } from '../segments/images.ts'
import type { SourceMedia } from '../segments/source-media.ts'
import { cuesBefore, cuesBeforeIn, type SegmentWithEarlier, webVttSegment } from '../segments/text-segment.ts'
import { headerOf, iFramesOf, segmentOf } from '../segments/track-segment.ts'
import { type ImagePart, imagesInEras, imagesPerSegment, imageTracksOf, listedImages } from '../tracks/images.ts'
import { type SingleTrack, trackNumbered } from '../tracks/track-set.ts'
import { hasTrack } from '../tracks/track-times.ts'
import { windowParts } from '../window-parts.ts'
import {
  allTracks,
  type CmafManifests,
  cmafParent,
  cmafPlaylist,
  iFrameTrack,
  listedTracks,
  nameOf,
  trackAt,
  tracksNamed,
} from './manifests.ts'
import {
  type CmafFileNames,
  type CmafName,
  type CmafTrackName,
  OWN_NAMES,
  parseCmafName,
  playlistFileName,
  SHARED_NAMES,
  trackFileName,
} from './names.ts'

/** HLS over CMAF: several HLS presentations over the same fragmented MP4 segments of one track each. */
export const cmaf: OutputFormat = {
  resolve(endpoint, path) {
    const name = parseCmafName(packagingOf(endpoint), path)
    if (!name) return undefined
    if (name.kind === 'segment' || name.kind === 'header') {
      return { kind: 'segment', body: (index, media) => bodyOf(endpoint, name, index, media) }
    }
    if (name.kind === 'image') {
      const trackIn = (era: Era) => imageTracksOf(era).find(({ n }) => n === name.n)
      return { kind: 'segment', body: (index) => imageNamed(endpoint, name.place, index, trackIn) }
    }
    const { manifest, times } = name
    return {
      kind: 'manifest',
      isParent: name.kind === 'parent',
      times,
      takesTimes: true,
      windowSeconds: manifest.windowSeconds,
      write(window, style) {
        const manifests = manifestsOf(presentationOf(endpoint, window, style, times), manifest)
        return name.kind === 'parent' ? parent(manifests) : playlist(cmafPlaylist(manifests, name.track))
      },
    }
  },

  /** The asset of the endpoint's first manifest; playlists and segments are in one folder. */
  asset(settled, window, options = {}): Asset | undefined {
    const endpoint = underNames(settled, options)
    const [manifest] = manifestsOfType(packagingOf(endpoint), 'HLS')
    const fileNames = options.areShared ? SHARED_NAMES : OWN_NAMES
    const manifests = manifest && manifestsOf(assetPresentation(endpoint, window, options), manifest, fileNames)
    const tracks = manifests && allTracks(manifests)
    if (!manifests || !tracks) return undefined
    const iframes = iFrameTrack(manifests, tracks)
    const names = [
      ...[...tracks.video, ...tracks.audio, ...tracks.text].map(nameOf),
      ...(iframes ? [{ kind: 'iframe', n: iframes.n } as const] : []),
    ]
    const images = listedImages(window).map(({ n }) => n)
    const perSegment = imagesPerSegment(window)
    const part = windowParts(window)
    return {
      headers: names.flatMap((name) => assetHeaders(manifests, name)),
      segmentsOf(batch) {
        const own = { ...manifests, window: part(batch.segments) }
        const files = names.flatMap((name) => assetSegments(own, name, batch))
        return [...files, ...images.flatMap((n) => allImageFiles(imagesOf(own, n, perSegment), batch))]
      },
      manifests: [...names, ...images.map((n) => ({ kind: 'image', n }) as const)].map((name) => ({
        name: playlistFileName(manifests.manifest.name, name),
        body: () => playlist(cmafPlaylist(manifests, name)) ?? playlistText(''),
      })),
      parent: () => playlistText(cmafParent(manifests, tracks)),
    }
  },
}

function parent(manifests: CmafManifests): TextBody | 'nothing left' | undefined {
  const tracks = listedTracks(manifests)
  if (tracks === undefined || tracks === 'nothing left') return tracks
  return playlistText(cmafParent(manifests, tracks))
}

function playlist(text: string | undefined): TextBody | undefined {
  return text === undefined ? undefined : playlistText(text)
}

function playlistText(text: string): TextBody {
  return { contentType: PLAYLIST_TYPE, text }
}

async function bodyOf(
  endpoint: OriginEndpoint,
  name: Extract<CmafName, { kind: 'segment' | 'header' }>,
  index: SegmentLookup,
  media: SourceMedia,
): Promise<SegmentBody | Absence> {
  const { streamSelection } = packagingOf(endpoint)
  if (name.kind === 'header') {
    const era = await index.era(endpoint, name.era)
    if (typeof era === 'string') return era
    const track = trackNumbered(era, streamSelection, name.track.n)
    return (track && headerBody(track, name.track)) ?? 'no such'
  }
  const listed = await index.outputSegment(endpoint, name.number)
  if (typeof listed === 'string') return listed
  const track = trackNumbered(listed.era, streamSelection, name.track.n)
  if (!track || !hasTrack(track, listed.segment)) return 'no such'
  const earlier = track.kind === 'text' ? await cuesBefore(endpoint, listed.segment, track.stream, index) : []
  return (await segmentBody(track, name.track, { segment: listed.segment, earlier }, media)) ?? 'no such'
}

function headerBody(track: SingleTrack, { kind }: CmafTrackName): SegmentBody | undefined {
  return track.kind !== 'text' && track.kind === kind ? headerOf(track) : undefined
}

async function segmentBody(
  track: SingleTrack,
  { kind }: CmafTrackName,
  { segment, earlier }: SegmentWithEarlier,
  media: SourceMedia,
): Promise<SegmentBody | undefined> {
  if (track.kind === 'text')
    return kind === 'subtitles' ? webVttSegment(track.stream, segment, earlier, media) : undefined
  if (kind === 'iframe') return track.kind === 'video' ? iFramesOf(track, segment, media, 1) : undefined
  return kind === track.kind ? segmentOf(track, segment, media) : undefined
}

function assetHeaders(manifests: CmafManifests, name: CmafTrackName): readonly AssetFile[] {
  const { name: prefix } = manifests.packaging.segment
  return [...tracksNamed(manifests, name)].flatMap(([era, track]): readonly AssetFile[] => {
    const body = headerBody(track, name)
    const file = { name: manifests.fileNames.header(prefix, name, era), track: trackFileName(prefix, name) }
    return body ? [{ ...file, body: async () => body }] : []
  })
}

function imagesOf(manifests: CmafManifests, n: number, perSegment: number) {
  const { name: prefix } = manifests.packaging.segment
  return {
    tracks: imagesInEras(manifests.window, (each) => each.n === n),
    perSegment,
    nameOf: (part: ImagePart) => manifests.fileNames.image(prefix, { n, era: part.segment.era }, part),
    track: trackFileName(prefix, { kind: 'image', n }),
  }
}

function assetSegments(
  manifests: CmafManifests,
  name: CmafTrackName,
  batch: SegmentBatch<SegmentSummary>,
): readonly AssetSegment[] {
  const { name: prefix } = manifests.packaging.segment
  const tracks = tracksNamed(manifests, name)
  return batch.segments.flatMap((segment, at): readonly AssetSegment[] => {
    const track = trackAt(tracks, name, segment)
    if (!track) return []
    const file = {
      name: manifests.fileNames.segment(prefix, name, segment),
      track: trackFileName(prefix, name),
      source: { place: at, stream: track.stream.index },
    }
    const body: AssetSegment['body'] = (whole, media) => {
      const earlier = track.kind === 'text' ? cuesBeforeIn(whole, at, track.stream) : []
      return segmentBody(track, name, { segment: whole.segments[at]!, earlier }, media)
    }
    return [{ ...file, body }]
  })
}

const packagingOf = (endpoint: OriginEndpoint): CmafPackaging => packagingIn(endpoint, 'CMAF')

function manifestsOf(
  presentation: Presentation,
  manifest: HlsManifest,
  fileNames: CmafFileNames = OWN_NAMES,
): CmafManifests {
  const { endpoint, references, style } = presentation
  // Segments are beside the folders of the manifests.
  const toSegments = style.kind === 'live' ? `../${references.toSegments}` : ''
  return {
    ...presentation,
    packaging: packagingOf(endpoint),
    manifest,
    fileNames,
    references: { ...references, toSegments },
  }
}
