import type { MultivariantPlaylist, Rendition, VariantStream } from '../../manifests/hls/multivariant-playlist.ts'
import type { AudioDescription, VideoDescription } from '../../media/track.ts'
import type { ClosedCaptions } from '../../model/output-segment.ts'
import type { VariantRole } from '../tracks/stream-selection.ts'
import { familyOf } from '../tracks/track-set.ts'
import { videoRangeOf } from '../tracks/video-range.ts'

/** A variant, as the source declared it and as its media were probed. */
export type DeclaredVariant = {
  readonly uri: string
  readonly role: VariantRole
  readonly video: VideoDescription | undefined
  /** Codecs (RFC 6381) of everything in the variant's own segments. */
  readonly codecs: readonly string[]
  /** Codecs (RFC 6381) of its audio group. */
  readonly audioCodecs: readonly string[]
  readonly audioGroup?: string
  readonly subtitlesGroup?: string
}

/** An audio or subtitles rendition, with the names and texts of its EXT-X-MEDIA. */
export type DeclaredRendition = Omit<Rendition, 'type' | 'uri' | 'forced'> & {
  readonly type: 'AUDIO' | 'SUBTITLES'
  readonly uri: string
  readonly forced?: boolean
}

/** Group of CEA-608 and CEA-708 captions, which stay in the video; the playlist repeats the encoder's declaration. */
const CAPTIONS_GROUP = 'captions'

/** The part that all HLS parent playlists share. */
export function parentPlaylistOf(
  version: number,
  variants: readonly DeclaredVariant[],
  renditions: readonly DeclaredRendition[],
): Omit<MultivariantPlaylist, 'iFrameStreams'> {
  const captions = distinctCaptions(variants)
  // NONE must hold for all variants or for none.
  const saysNone = variants.every(({ role }) => role.closedCaptions === 'NONE')
  const closedCaptions = saysNone ? 'NONE' : captions.length > 0 ? CAPTIONS_GROUP : undefined
  return {
    version,
    independentSegments: true,
    renditions: [
      ...renditions.map((rendition) => ({ forced: false, ...rendition })),
      ...captions.map(
        (each): Rendition => ({ type: 'CLOSED-CAPTIONS', groupId: CAPTIONS_GROUP, forced: false, ...each }),
      ),
    ],
    variants: variants.map((variant) => ({ ...variantStream(variant), ...(closedCaptions && { closedCaptions }) })),
  }
}

function distinctCaptions(variants: readonly DeclaredVariant[]): readonly ClosedCaptions[] {
  const all = variants.flatMap(({ role }) => role.captions ?? [])
  return all.filter((each, i) => all.findIndex(({ instreamId }) => instreamId === each.instreamId) === i)
}

function variantStream(variant: DeclaredVariant): VariantStream {
  const { uri, role, video, audioGroup, subtitlesGroup } = variant
  const codecs = joinCodecs(variant)
  const resolution = role.resolution ?? (video && { width: video.width, height: video.height })
  const rate = video?.frameRate
  const frameRate = role.frameRate ?? (rate && rate.numerator / rate.denominator)
  const videoRange = video && videoRangeOf(video)
  return {
    uri,
    bandwidth: role.bandwidth,
    ...(role.averageBandwidth !== undefined && { averageBandwidth: role.averageBandwidth }),
    ...(codecs !== '' && { codecs }),
    ...(resolution && { resolution }),
    ...(frameRate !== undefined && { frameRate }),
    ...(videoRange && videoRange !== 'SDR' && { videoRange }),
    ...(audioGroup !== undefined && { audio: audioGroup }),
    ...(subtitlesGroup !== undefined && { subtitles: subtitlesGroup }),
  }
}

/**
 * CODECS of a variant, which must cover its renditions too; a kind of codec that the encoder declared gets no
 * addition.
 */
function joinCodecs({ codecs, audioCodecs }: DeclaredVariant): string {
  const families = codecs.map(familyOf)
  return [...new Set([...codecs, ...audioCodecs.filter((codec) => !families.includes(familyOf(codec)))])].join(',')
}

/** The codecs in the encoder's CODECS attribute. */
export function declaredCodecs({ codecs }: VariantRole): readonly string[] | undefined {
  return codecs?.split(',').map((codec) => codec.trim())
}

/** CHANNELS, RFC 8216 §4.3.4.1, with joint object coding as in Apple's authoring specification. */
export function channelsAttribute({ channels, jointObjectCoding }: AudioDescription): string {
  return jointObjectCoding === undefined ? `${channels}` : `${jointObjectCoding}/JOC`
}
