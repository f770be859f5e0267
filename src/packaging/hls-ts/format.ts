import type { Absence } from '../../archive/reader.ts'
import { framesEnd, framesOffset } from '../../media/packed-audio.ts'
import { dataBetween } from '../../media/sample.ts'
import { filterTsInSteps } from '../../media/ts/filter.ts'
import type { HlsManifest } from '../../model/manifest.ts'
import { type OriginEndpoint, packagingIn } from '../../model/origin-endpoint.ts'
import { type Era, inOrder, type SegmentSummary } from '../../model/output-segment.ts'
import { manifestOf, type TsPackaging } from '../../model/packaging.ts'
import { underNames } from '../asset-names.ts'
import { PLAYLIST_TYPE } from '../hls-playlists/media-playlist.ts'
import {
  type Asset,
  type AssetSegment,
  distinct,
  type OutputFormat,
  type SegmentBatch,
  type SegmentBody,
  type SegmentLookup,
  type TextBody,
} from '../output-format.ts'
import { assetPresentation, type Presentation, presentationOf } from '../presentation.ts'
import { allImageFiles, imageNamed } from '../segments/images.ts'
import { objectBody, transformedBody } from '../segments/segment-body.ts'
import type { SourceMedia } from '../segments/source-media.ts'
import { cuesBefore, cuesBeforeIn, type SegmentWithEarlier, webVttSegment } from '../segments/text-segment.ts'
import { splitTimes } from '../time-shift.ts'
import { cutEnd, pictureEnd } from '../tracks/cut-end.ts'
import { iFrameOf } from '../tracks/i-frames.ts'
import { type ImagePart, imagesInEras, imagesPerSegment, imageTracksOf, listedImages } from '../tracks/images.ts'
import { windowParts } from '../window-parts.ts'
import {
  allStreams,
  type HlsManifests,
  iFramePlaylistName,
  imagesPlaylist,
  isChanged,
  listedStreams,
  mediaPlaylist,
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
import { type HlsStream, streamNamed } from './stream-set.ts'
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
      return { kind: 'segment', body: (index, media) => segmentBody(endpoint, name, index, media) }
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

function manifestBody(manifests: HlsManifests, name: PlaylistName): TextBody | 'nothing left' | undefined {
  if (name.n !== undefined) {
    const text = name.images ? imagesPlaylist(manifests, name.n) : mediaPlaylist(manifests, name)
    return text === undefined ? undefined : playlist(text)
  }
  const streams = listedStreams(manifests)
  if (streams === undefined || streams === 'nothing left') return streams
  return playlist(parentPlaylist(manifests, streams))
}

function playlist(text: string): TextBody {
  return { contentType: PLAYLIST_TYPE, text }
}

async function segmentBody(
  endpoint: OriginEndpoint,
  name: SegmentName,
  index: SegmentLookup,
  media: SourceMedia,
): Promise<SegmentBody | Absence> {
  const listed = await index.outputSegment(endpoint, name.number)
  if (typeof listed === 'string') return listed
  const stream = streamNamed(listed.era, packagingOf(endpoint), name)
  if (!stream || segmentExtension(stream.source) !== name.extension) return 'no such'
  const isText = stream.source.container === 'webvtt'
  if (name.iframes ? !isChanged(stream, listed.segment) : !isText && !hasPart(listed.segment, stream)) return 'no such'
  const earlier = isText ? await cuesBefore(endpoint, listed.segment, stream.source, index) : []
  const body = await streamSegment(stream, name.iframes ?? false, { segment: listed.segment, earlier }, media)
  return body ?? 'no such'
}

async function streamSegment(
  stream: HlsStream,
  areIFrames: boolean,
  { segment, earlier }: SegmentWithEarlier,
  media: SourceMedia,
): Promise<SegmentBody | undefined> {
  const { source, pids } = stream
  const type = mediaTypeOf(segmentExtension(source))
  if (source.container === 'webvtt') return webVttSegment(source, segment, earlier, media)
  const objects = segment.slots.flatMap(({ objects }) => inOrder(objects[source.index]))
  const end = { near: segment.start, time: cutEnd(segment) }
  if (source.container === 'packed-audio' && (objects.length > 1 || segment.isCut)) {
    // One timestamp at the beginning, then only frames.
    return transformedBody(type, objects, media, function* (sources) {
      const parts: Uint8Array[] = []
      for (const bytes of sources) {
        const until = segment.isCut ? yield* framesEnd(bytes, end) : bytes.length
        parts.push(bytes.subarray(parts.length === 0 ? 0 : framesOffset(bytes), until))
        yield
      }
      return parts
    })
  }
  if (areIFrames && segment.isCut) {
    const iFrame = iFrameOf(segment, source.index)
    if (!iFrame) return undefined
    // Of what is cut off, nothing: what its playlist refers to is in front of that.
    const bytes = iFrame.offset + iFrame.size
    return transformedBody(type, objects, media, function* (sources) {
      yield
      return [...dataBetween(sources, { skipped: 0, bytes })]
    })
  }
  if (areIFrames || !isChanged(stream, segment)) return objectBody(type, objects)
  const pictures = new Set(source.tracks.flatMap(({ kind, pid }) => (kind === 'video' ? pid : [])))
  const endOf = (pid: number) => (pictures.has(pid) ? pictureEnd(segment) : end.time)
  return transformedBody(type, objects, media, function* (sources) {
    const options = segment.isCut ? { until: { near: segment.start, endOf } } : {}
    return [yield* filterTsInSteps(sources, ({ pid }) => pids?.includes(pid) ?? true, options)]
  })
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
  const { segment: settings } = manifests.packaging
  const streams = streamsNamed(manifests, name)
  return batch.segments.flatMap((segment, at): readonly AssetSegment[] => {
    const named = segmentNamed(streams, name, segment)
    if (!named) return []
    const { stream } = named
    const isText = stream.source.container === 'webvtt'
    const file = {
      name: segmentFileName(settings.name, named),
      track: trackFileName(settings.name, named),
      source: { place: at, stream: stream.source.index },
    }
    const body: AssetSegment['body'] = (whole, media) => {
      const earlier = isText ? cuesBeforeIn(whole, at, stream.source) : []
      return streamSegment(stream, name.iframes ?? false, { segment: whole.segments[at]!, earlier }, media)
    }
    return [{ ...file, body }]
  })
}

const packagingOf = (endpoint: OriginEndpoint): TsPackaging => packagingIn(endpoint, 'TS')

function manifestsOf(presentation: Presentation, manifest: HlsManifest): HlsManifests {
  return { ...presentation, packaging: packagingOf(presentation.endpoint), manifest }
}
