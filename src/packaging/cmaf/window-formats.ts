import type { Era, SegmentSummary } from '../../model/output-segment.ts'
import { declaredCodecs, earlierEras, type VariantFormat } from '../hls-playlists/variant-formats.ts'
import { familyOf, type SingleAudio, type SingleTrack, type SingleVideo, trackNumbered } from '../tracks/track-set.ts'
import { hasTrack } from '../tracks/track-times.ts'
import type { CmafManifests } from './manifests.ts'

/** A function that gives the formats of a video track and its audio in the eras of the window, the newest first. */
export function cmafFormats({
  packaging,
  window,
}: Pick<CmafManifests, 'packaging' | 'window'>): (
  video: SingleVideo,
  audio: readonly SingleAudio[],
) => readonly VariantFormat[] {
  const earlier = earlierEras(window)
  const sameIn = <T extends SingleTrack>({ era, segments }: ShownEra, { kind, n }: T): T | undefined => {
    const track = trackNumbered(era, packaging.streamSelection, n)
    return track?.kind === kind && segments.some((segment) => hasTrack(track, segment)) ? (track as T) : undefined
  }
  return (video, audio) => [
    formatOf(video, audio),
    ...earlier.flatMap((each) => {
      const pictures = sameIn(each, video)
      return pictures
        ? formatOf(
            pictures,
            audio.flatMap((track) => sameIn(each, track) ?? []),
          )
        : []
    }),
  ]
}

type ShownEra = { readonly era: Era; readonly segments: readonly SegmentSummary[] }

function formatOf(video: SingleVideo, audio: readonly SingleAudio[]): VariantFormat {
  return {
    role: video.role,
    video: video.description,
    codecs: [videoCodec(video)],
    audioCodecs: audio.map(({ description }) => description.codec),
    found: [video.description.codec],
  }
}

/** The codec as the encoder declares it, when that is of the same family as the one probed. */
function videoCodec({ role, description }: SingleVideo): string {
  const declared = declaredCodecs(role)?.find((codec) => familyOf(codec) === familyOf(description.codec))
  return declared ?? description.codec
}
