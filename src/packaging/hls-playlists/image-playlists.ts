import type { ImageStream } from '../../manifests/hls/multivariant-playlist.ts'
import type { HlsManifest } from '../../model/manifest.ts'
import type { Presentation } from '../presentation.ts'
import { hasImages, type ImagePart, type ImageTrack, imagesPerSegment, partsOf } from '../tracks/images.ts'
import { type PlaylistEntry, targetDurationIn, writePlaylist } from './media-playlist.ts'

type ImagePlaylistPlan = {
  readonly settings: HlsManifest
  readonly version: number
  /** The stream that the playlist shows, by the id of each era that has it. */
  readonly tracks: ReadonlyMap<number, ImageTrack>
  readonly uriOf: (part: ImagePart) => string
}

/** The playlist of a stream of images: an entry for each part of each output segment. */
export function imagePlaylist(presentation: Presentation, plan: ImagePlaylistPlan): string {
  const { window, ended } = presentation
  const { settings, version } = plan
  const header = { settings, window, ended, version, independentSegments: false, imagesOnly: true }
  return writePlaylist({ ...header, ...targetDurationIn(presentation) }, entriesOf(presentation, plan))
}

function* entriesOf({ window }: Presentation, { tracks, uriOf }: ImagePlaylistPlan): Generator<PlaylistEntry> {
  const perSegment = imagesPerSegment(window)
  for (const segment of window.segments) {
    const track = tracks.get(segment.era)
    const isThere = track !== undefined && hasImages(segment, track)
    for (const [i, part] of partsOf(segment, perSegment).entries()) {
      const { number, shown } = part
      const uri = uriOf(part)
      yield { number, segment, isFirst: i === 0, shown, listed: isThere ? { uri } : undefined, gapUri: () => uri }
    }
  }
}

/** How a parent playlist declares a stream of images. */
export function imageStream({ role, description }: ImageTrack, uri: string): ImageStream {
  const { bandwidth, averageBandwidth, resolution = description } = role
  return {
    uri,
    bandwidth: Math.max(bandwidth, 1),
    ...(averageBandwidth !== undefined && { averageBandwidth }),
    codecs: description.codec,
    resolution: { width: resolution.width, height: resolution.height },
  }
}
