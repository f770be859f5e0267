import type { SourceStream } from '../../model/output-segment.ts'
import type { StreamSelection } from '../../model/packaging.ts'
import type { StreamRole } from '../../model/stream-role.ts'

export type VariantRole = Extract<StreamRole, { kind: 'variant' }>
export type SourceVariant = SourceStream & { readonly role: VariantRole }

/**
 * The variants an endpoint shows, in its order. BANDWIDTH serves as the video bitrate, since playlists declare no
 * other. Variants without video are neither filtered nor sorted: they follow the others.
 */
export function selectVariants(streams: readonly SourceStream[], selection: StreamSelection): readonly SourceVariant[] {
  const variants = streams.filter(isVariant)
  const { minVideoBitsPerSecond: min, maxVideoBitsPerSecond: max, streamOrder } = selection
  const selected = variants.filter(
    (variant) => isAudioOnly(variant) || (variant.role.bandwidth >= min && variant.role.bandwidth <= max),
  )
  if (streamOrder === 'ORIGINAL') return selected
  const sign = streamOrder === 'VIDEO_BITRATE_ASCENDING' ? 1 : -1
  return selected.toSorted((a, b) => {
    if (isAudioOnly(a) || isAudioOnly(b)) return Number(isAudioOnly(a)) - Number(isAudioOnly(b))
    return sign * (a.role.bandwidth - b.role.bandwidth)
  })
}

export function isVariant(stream: SourceStream): stream is SourceVariant {
  return stream.role.kind === 'variant'
}

/** True for a stream with audio but no video; false while its tracks are unknown. */
function isAudioOnly(stream: SourceStream): boolean {
  return stream.tracks.some((track) => track.kind === 'audio') && !hasVideo(stream)
}

export function hasVideo({ tracks }: SourceStream): boolean {
  return tracks.some((track) => track.kind === 'video')
}
