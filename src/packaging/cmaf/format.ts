import type { Absence } from '../../archive/reader.ts'
import { type KeyDescription, keyPeriodsOf } from '../../model/content-keys.ts'
import type { HlsManifest } from '../../model/manifest.ts'
import { type OriginEndpoint, packagingIn } from '../../model/origin-endpoint.ts'
import type { Era, SegmentSummary } from '../../model/output-segment.ts'
import { type CmafPackaging, manifestsOfType } from '../../model/packaging.ts'
import { underNames } from '../asset-names.ts'
import type { ContentKeys } from '../content-keys.ts'
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
import { headerProtectionOf } from '../segments/header-protection.ts'
import { allImageFiles, imageNamed } from '../segments/images.ts'
import { protectionOf } from '../segments/segment-protection.ts'
import type { SourceMedia } from '../segments/source-media.ts'
import { cuesBefore, cuesBeforeIn, type SegmentWithEarlier, webVttSegment } from '../segments/text-segment.ts'
import { headerOf, iFramesOf, segmentOf } from '../segments/track-segment.ts'
import { type ImagePart, imagesInEras, imagesPerSegment, imageTracksOf, listedImages } from '../tracks/images.ts'
import { type SingleAudio, type SingleTrack, type SingleVideo, trackNumbered } from '../tracks/track-set.ts'
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
  type CmafHeaderPlace,
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
      return {
        kind: 'segment',
        ...(name.kind === 'header' && { isHeader: true }),
        body: (index, media, keys) => bodyOf(endpoint, name, index, { media, keys }),
      }
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

/** What segments and headers are made with. */
type MadeWith = { readonly media: SourceMedia; readonly keys: ContentKeys }

async function bodyOf(
  endpoint: OriginEndpoint,
  name: Extract<CmafName, { kind: 'segment' | 'header' }>,
  index: SegmentLookup,
  made: MadeWith,
): Promise<SegmentBody | Absence> {
  const { streamSelection } = packagingOf(endpoint)
  if (name.kind === 'header') {
    const era = await index.era(endpoint, name.era)
    if (typeof era === 'string') return era
    const track = trackNumbered(era, streamSelection, name.track.n)
    if (!track || !hasHeader(track, name.track)) return 'no such'
    const { keyPeriod } = name
    return headerBody(endpoint, track, keyPeriod === undefined ? [] : await made.keys.onRecord(endpoint, keyPeriod))
  }
  const listed = await index.outputSegment(endpoint, name.number)
  if (typeof listed === 'string') return listed
  const track = trackNumbered(listed.era, streamSelection, name.track.n)
  if (!track || !hasTrack(track, listed.segment)) return 'no such'
  const earlier = track.kind === 'text' ? await cuesBefore(endpoint, listed.segment, track.stream, index) : []
  const of = { endpoint, track, name: name.track }
  return (await segmentBody(of, { segment: listed.segment, earlier }, made)) ?? 'no such'
}

function hasHeader(track: SingleTrack, { kind }: CmafTrackName): track is SingleVideo | SingleAudio {
  return track.kind !== 'text' && track.kind === kind
}

function headerBody(
  { packaging: { encryption } }: OriginEndpoint,
  track: SingleVideo | SingleAudio,
  keys: readonly KeyDescription[],
): SegmentBody {
  return headerOf(track, encryption && headerProtectionOf(encryption, track, keys))
}

async function segmentBody(
  {
    endpoint,
    track,
    name: { kind },
  }: { readonly endpoint: OriginEndpoint; readonly track: SingleTrack; readonly name: CmafTrackName },
  { segment, earlier }: SegmentWithEarlier,
  { media, keys }: MadeWith,
): Promise<SegmentBody | undefined> {
  if (track.kind === 'text')
    return kind === 'subtitles' ? webVttSegment(track.stream, segment, earlier, media) : undefined
  const areKeyFrames = kind === 'iframe' && track.kind === 'video'
  if (!areKeyFrames && kind !== track.kind) return undefined
  const protection = await protectionOf(endpoint, { track, segment }, keys)
  return areKeyFrames
    ? iFramesOf(track, segment, media, { count: 1, protection })
    : segmentOf(track, segment, media, { protection })
}

function assetHeaders(manifests: CmafManifests, name: CmafTrackName): readonly AssetFile[] {
  const { endpoint, packaging, window, fileNames } = manifests
  const { name: prefix } = packaging.segment
  const { encryption } = packaging
  return [...tracksNamed(manifests, name)].flatMap(([era, track]): readonly AssetFile[] => {
    if (!hasHeader(track, name)) return []
    const shown = encryption ? window.segments.filter((segment) => segment.era === era && hasTrack(track, segment)) : []
    const places: readonly CmafHeaderPlace[] = encryption
      ? keyPeriodsOf(encryption, shown).map((keyPeriod) => ({ era, keyPeriod }))
      : [{ era }]
    return places.map((place) => ({
      name: fileNames.header(prefix, name, place),
      track: trackFileName(prefix, name),
      body: async (_, keys) => {
        const known = place.keyPeriod === undefined ? [] : await keys.find(endpoint, place.keyPeriod)
        return headerBody(endpoint, track, known)
      },
    }))
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
    const of = { endpoint: manifests.endpoint, track, name }
    const body: AssetSegment['body'] = (whole, media, keys) => {
      const earlier = track.kind === 'text' ? cuesBeforeIn(whole, at, track.stream) : []
      return segmentBody(of, { segment: whole.segments[at]!, earlier }, { media, keys })
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
