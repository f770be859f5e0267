import { versionOfKey, type WrittenKey } from '../../manifests/hls/keys.ts'
import type { MultivariantPlaylist, Rendition, VariantStream } from '../../manifests/hls/multivariant-playlist.ts'
import { TICKS_PER_SECOND } from '../../media/time.ts'
import type { AudioDescription } from '../../media/track.ts'
import type { ClosedCaptions } from '../../model/stream-role.ts'
import type { Presentation } from '../presentation.ts'
import type { VariantRole } from '../tracks/stream-selection.ts'
import { codecsOf, largestFrameRate, largestResolution, rangeAttribute, type VariantFormat } from './variant-formats.ts'

/** A variant, as the source declared it and as its media were probed. */
export type DeclaredVariant = {
  readonly uri: string
  readonly role: VariantRole
  /** What it is in the eras of the window, the newest first. */
  readonly formats: readonly VariantFormat[]
  readonly audioGroup?: string
  readonly subtitlesGroup?: string
}

/** An audio or subtitles rendition, with the names and texts of its EXT-X-MEDIA. */
export type DeclaredRendition = Omit<Rendition, 'type' | 'forced'> & {
  readonly type: 'AUDIO' | 'SUBTITLES'
  readonly forced?: boolean
}

/** What a parent playlist lists, and the EXT-X-SESSION-KEY tags of it. */
export type DeclaredStreams = {
  readonly variants: readonly DeclaredVariant[]
  readonly renditions: readonly DeclaredRendition[]
  readonly sessionKeys: readonly WrittenKey[]
}

/** Group of CEA-608 and CEA-708 captions, which stay in the video; the playlist repeats the encoder's declaration. */
const CAPTIONS_GROUP = 'captions'

/** The part that all HLS parent playlists share. */
export function parentPlaylistOf(
  version: number,
  { cuts, window }: Presentation,
  { variants, renditions, sessionKeys }: DeclaredStreams,
): Omit<MultivariantPlaylist, 'iFrameStreams'> {
  const captions = distinctCaptions(variants)
  // NONE must hold for all variants or for none.
  const saysNone = variants.every(({ formats }) => formats.every(({ role }) => role.closedCaptions === 'NONE'))
  const closedCaptions = saysNone ? 'NONE' : captions.length > 0 ? CAPTIONS_GROUP : undefined
  // Playlists tell nothing of where a later range begins within its first segment.
  const start = cuts?.[0]?.begins
  const [first] = window.segments
  return {
    version: Math.max(version, ...sessionKeys.map(versionOfKey)),
    independentSegments: true,
    ...(sessionKeys.length > 0 && { sessionKeys }),
    ...(start &&
      start.segment.number === first?.number && { startOffset: (start.time - first.start) / TICKS_PER_SECOND }),
    renditions: [
      ...renditions.map((rendition) => ({ forced: false, ...rendition })),
      ...captions.map(
        (each): Rendition => ({ type: 'CLOSED-CAPTIONS', groupId: CAPTIONS_GROUP, forced: false, ...each }),
      ),
    ],
    variants: variants.map((variant) => ({ ...variantStream(variant), ...(closedCaptions && { closedCaptions }) })),
  }
}

/** The captions of all eras of the window, as the newest that has them declares them. */
function distinctCaptions(variants: readonly DeclaredVariant[]): readonly ClosedCaptions[] {
  const eras = Math.max(0, ...variants.map(({ formats }) => formats.length))
  const all = Array.from({ length: eras }, (_, era) => era).flatMap((era) =>
    variants.flatMap(({ formats }) => formats[era]?.role.captions ?? []),
  )
  return all.filter((each, i) => all.findIndex(({ instreamId }) => instreamId === each.instreamId) === i)
}

function variantStream(variant: DeclaredVariant): VariantStream {
  const { uri, role, formats, audioGroup, subtitlesGroup } = variant
  const codecs = codecsOf(formats)
  const resolution = largestResolution(formats)
  const frameRate = largestFrameRate(formats)
  return {
    uri,
    // The peak of all segments of the window.
    bandwidth: Math.max(role.bandwidth, ...formats.map((format) => format.role.bandwidth)),
    ...(role.averageBandwidth !== undefined && { averageBandwidth: role.averageBandwidth }),
    ...(codecs !== '' && { codecs }),
    ...(resolution && { resolution }),
    ...(frameRate !== undefined && { frameRate }),
    ...rangeAttribute(formats.map(({ video }) => video)),
    ...(audioGroup !== undefined && { audio: audioGroup }),
    ...(subtitlesGroup !== undefined && { subtitles: subtitlesGroup }),
  }
}

/** CHANNELS, RFC 8216 §4.3.4.1, with joint object coding as in Apple's authoring specification. */
export function channelsAttribute({ channels, jointObjectCoding }: AudioDescription): string {
  return jointObjectCoding === undefined ? `${channels}` : `${jointObjectCoding}/JOC`
}
