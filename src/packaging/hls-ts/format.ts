import type { Absence } from '../../archive/reader.ts'
import type { HlsManifest } from '../../model/manifest.ts'
import { type OriginEndpoint, packagingIn } from '../../model/origin-endpoint.ts'
import type { Era, SegmentSummary } from '../../model/output-segment.ts'
import { manifestOf, type TsPackaging } from '../../model/packaging.ts'
import { underNames } from '../asset-names.ts'
import type { ContentKeys } from '../content-keys.ts'
import { PLAYLIST_TYPE } from '../hls-playlists/media-playlist.ts'
import {
  type Asset,
  type AssetSegment,
  distinct,
  type LeavesNothing,
  type OutputFormat,
  type SegmentBatch,
  type SegmentBody,
  type SegmentLookup,
  type TextBody,
} from '../output-format.ts'
import { assetPresentation, type Presentation, presentationOf } from '../presentation.ts'
import { allImageFiles, imageNamed } from '../segments/images.ts'
import type { SourceMedia } from '../segments/source-media.ts'
import { cuesBefore, cuesBeforeIn, type SegmentWithEarlier, webVttSegment } from '../segments/text-segment.ts'
import { splitTimes } from '../time-shift.ts'
import { type ImagePart, imagesInEras, imagesPerSegment, imageTracksOf, listedImages } from '../tracks/images.ts'
import { windowParts } from '../window-parts.ts'
import { encryptedBody, keyFrameOf, type SegmentOfStream } from './encrypted-segment.ts'
import {
  allStreams,
  type HlsManifests,
  iFramePlaylistName,
  imagesPlaylist,
  isApart,
  listedStreams,
  mediaPlaylist,
  notEncryptable,
  parentPlaylist,
  segmentNamed,
  streamsNamed,
} from './manifests.ts'
import {
  hlsImageFileName,
  manifestFileName,
  type PlaylistName,
  parseHlsName,
  type SegmentName,
  segmentFileName,
  trackFileName,
} from './names.ts'
import { mediaTypeOf, segmentExtension } from './segment-media.ts'
import { clearBody, clearSegment, rangedSegment } from './stream-segment.ts'
import { streamNamed } from './stream-set.ts'
import { hasPart } from './window-formats.ts'

/** The format of HLS with MPEG-TS segments, which are the encoder's own bytes wherever no track is dropped. */
export const hls: OutputFormat = {
  resolve(endpoint, path) {
    const { times, rest } = splitTimes(path)
    const named = parseHlsName(packagingOf(endpoint), rest)
    if (!named) return undefined
    if (named.kind === 'segment') {
      const { name } = named
      if (times.depth > 0) return undefined
      return { kind: 'segment', body: (index, media, keys) => segmentBody(endpoint, name, { index, media, keys }) }
    }
    if (named.kind === 'image') {
      const { n, ...place } = named.name
      if (times.depth > 0) return undefined
      const trackIn = (era: Era) => imageTracksOf(era).find(({ stream }) => stream.index === n)
      return { kind: 'segment', body: (index) => imageNamed(endpoint, place, index, trackIn) }
    }
    const { manifest, name } = named
    return {
      kind: 'manifest',
      isParent: name.n === undefined,
      times,
      takesTimes: true,
      windowSeconds: manifest.windowSeconds,
      write: (window, style) =>
        manifestBody(manifestsOf(presentationOf(endpoint, window, style, times), manifest), name),
    }
  },

  /** The asset of the endpoint's first manifest. */
  asset(settled, window, options = {}): Asset | undefined {
    const endpoint = underNames(settled, options)
    const manifest = manifestOf(packagingOf(endpoint), 'HLS')
    const manifests = manifestsOf(assetPresentation(endpoint, window, options), manifest)
    const streams = allStreams(manifests)
    if (!streams) return undefined
    const iframes = iFramePlaylistName(manifests, streams)
    const apart = [...streams.audio, ...streams.subtitles].filter(({ isMuxed }) => !isMuxed)
    const names: PlaylistName[] = [...streams.variants, ...apart].map(({ n, p }) => ({
      n,
      ...(p !== undefined && { p }),
    }))
    if (iframes) names.push(iframes)
    const images = listedImages(window).map(({ stream }) => stream.index)
    const perSegment = imagesPerSegment(window)
    const part = windowParts(window)
    return {
      headers: [],
      segmentsOf(batch) {
        // Trick play may list the segments of another playlist.
        const own = { ...manifests, window: part(batch.segments) }
        const files = names.flatMap((name) => assetSegments(own, name, batch))
        return distinct([...files, ...images.flatMap((n) => allImageFiles(imagesOf(own, n, perSegment), batch))])
      },
      manifests: [
        ...names.map((name) => ({
          name: manifestFileName(manifest.name, name),
          body: () => playlist(mediaPlaylist(manifests, name) ?? ''),
        })),
        ...images.map((n) => ({
          name: manifestFileName(manifest.name, { n, images: true }),
          body: () => playlist(imagesPlaylist(manifests, n) ?? ''),
        })),
      ],
      parent: () => playlist(parentPlaylist(manifests, streams)),
    }
  },
}

function manifestBody(manifests: HlsManifests, name: PlaylistName): TextBody | LeavesNothing | undefined {
  if (name.n !== undefined) {
    const text = name.images ? imagesPlaylist(manifests, name.n) : mediaPlaylist(manifests, name)
    return text === undefined ? undefined : playlist(text)
  }
  const streams = listedStreams(manifests)
  const left = notEncryptable(manifests)
  if (streams === undefined && left.length > 0) return 'not encryptable'
  if (streams === undefined || streams === 'nothing left') return streams
  return { ...playlist(parentPlaylist(manifests, streams)), ...(left.length > 0 && { notEncryptable: left }) }
}

function playlist(text: string): TextBody {
  return { contentType: PLAYLIST_TYPE, text }
}

async function segmentBody(
  endpoint: OriginEndpoint,
  name: SegmentName,
  { index, media, keys }: { readonly index: SegmentLookup; readonly media: SourceMedia; readonly keys: ContentKeys },
): Promise<SegmentBody | Absence> {
  const listed = await index.outputSegment(endpoint, name.number)
  if (typeof listed === 'string') return listed
  const { segment, era } = listed
  const packaging = packagingOf(endpoint)
  const stream = streamNamed(era, packaging, name)
  if (!stream || segmentExtension(stream.source) !== name.extension) return 'no such'
  const isText = stream.source.container === 'webvtt'
  if (name.iframes ? !isApart(stream, segment, packaging) : !isText && !hasPart(segment, stream)) return 'no such'
  const earlier = isText ? await cuesBefore(endpoint, segment, stream.source, index) : []
  const of = { stream, era, segment, earlier, areIFrames: name.iframes ?? false }
  return (await streamSegment(endpoint, of, { media, keys })) ?? 'no such'
}

type StreamSegment = SegmentOfStream & SegmentWithEarlier & { readonly areIFrames: boolean }

async function streamSegment(
  endpoint: OriginEndpoint,
  of: StreamSegment,
  { media, keys }: { readonly media: SourceMedia; readonly keys: ContentKeys },
): Promise<SegmentBody | undefined> {
  const { stream, segment, earlier, areIFrames } = of
  const { source } = stream
  const type = mediaTypeOf(segmentExtension(source))
  if (source.container === 'webvtt') return webVttSegment(source, segment, earlier, media)
  const { encryption } = packagingOf(endpoint)
  if (encryption) {
    const clear = areIFrames ? keyFrameOf(of) : clearSegment(stream, segment)
    return clear && encryptedBody(type, clear, of, { endpoint, encryption, media, keys })
  }
  const clear = areIFrames ? rangedSegment(stream, segment) : clearSegment(stream, segment)
  return clear && clearBody(type, clear, media)
}

function imagesOf(manifests: HlsManifests, n: number, perSegment: number) {
  const { name: prefix } = manifests.packaging.segment
  return {
    tracks: imagesInEras(manifests.window, ({ stream }) => stream.index === n),
    perSegment,
    nameOf: (part: ImagePart) => hlsImageFileName(prefix, { n, ...part }),
    track: trackFileName(prefix, { n, images: true }),
  }
}

function assetSegments(
  manifests: HlsManifests,
  name: PlaylistName,
  batch: SegmentBatch<SegmentSummary>,
): readonly AssetSegment[] {
  const { endpoint, packaging, window } = manifests
  const { segment: settings } = packaging
  const streams = streamsNamed(manifests, name)
  const eras = new Map(window.eras.map((era) => [era.id, era]))
  return batch.segments.flatMap((segment, at): readonly AssetSegment[] => {
    const named = segmentNamed(packaging, streams, { name, segment })
    const era = eras.get(segment.era)
    if (!named || !era) return []
    const { stream } = named
    const isText = stream.source.container === 'webvtt'
    const file = {
      name: segmentFileName(settings.name, named),
      track: trackFileName(settings.name, named),
      source: { place: at, stream: stream.source.index },
    }
    const body: AssetSegment['body'] = (whole, media, keys) => {
      const earlier = isText ? cuesBeforeIn(whole, at, stream.source) : []
      const of = { stream, era, segment: whole.segments[at]!, earlier, areIFrames: name.iframes ?? false }
      return streamSegment(endpoint, of, { media, keys })
    }
    return [{ ...file, body }]
  })
}

const packagingOf = (endpoint: OriginEndpoint): TsPackaging => packagingIn(endpoint, 'TS')

function manifestsOf(presentation: Presentation, manifest: HlsManifest): HlsManifests {
  return { ...presentation, packaging: packagingOf(presentation.endpoint), manifest }
}
