import type { VariantStream, VideoRange } from '../../manifests/hls/multivariant-playlist.ts'
import type { VideoDescription } from '../../media/track.ts'
import type { Era, SegmentSummary, SummaryWindow } from '../../model/output-segment.ts'
import type { VariantRole } from '../tracks/stream-selection.ts'
import { familyOf } from '../tracks/track-set.ts'
import { videoRangeOf } from '../tracks/video-range.ts'

/** A variant's format in one era of a window. The attributes of the variant cover all eras, RFC 8216 §4.3.4.2. */
export type VariantFormat = {
  readonly role: VariantRole
  readonly video: VideoDescription | undefined
  /** Codecs (RFC 6381) of everything in the variant's own segments, as the encoder declares them if it does. */
  readonly codecs: readonly string[]
  /** Codecs (RFC 6381) of its audio group. */
  readonly audioCodecs: readonly string[]
  /** Codecs (RFC 6381) probed in its own segments. */
  readonly found: readonly string[]
}

/** The eras of a window before its last, newest first, each with its segments in the window. */
export function earlierEras({ eras, segments }: SummaryWindow) {
  if (eras.length < 2) return []
  const shown = Map.groupBy(segments, ({ era }) => era)
  return eras
    .slice(0, -1)
    .toReversed()
    .map((era): { readonly era: Era; readonly segments: readonly SegmentSummary[] } => {
      return { era, segments: shown.get(era.id) ?? [] }
    })
}

/** CODECS: every format in the window, the newest first. */
export function codecsOf(formats: readonly VariantFormat[]): string {
  const found = Map.groupBy(new Set(formats.length > 1 ? formats.flatMap((format) => format.found) : []), familyOf)
  // One declared codec does not cover several probed codecs of its family.
  const others = [...found.values()].flatMap((codecs) => (codecs.length > 1 ? codecs : []))
  return [...new Set([...formats.flatMap(codecsOfFormat), ...others])].join(',')
}

/** The codecs of the variant and its renditions; a family that the encoder declared gets no addition. */
function codecsOfFormat({ codecs, audioCodecs }: VariantFormat): readonly string[] {
  const families = codecs.map(familyOf)
  return [...codecs, ...audioCodecs.filter((codec) => !families.includes(familyOf(codec)))]
}

type Resolution = NonNullable<VariantStream['resolution']>

/** RESOLUTION: as the encoder declares it, or the largest if the pictures change size in the window. */
export function largestResolution(formats: readonly VariantFormat[]): Resolution | undefined {
  const found = formats.flatMap(({ video }) => (video ? [{ width: video.width, height: video.height }] : []))
  const declared = formats.flatMap(({ role }) => role.resolution ?? [])
  if (isOne(found.map(({ width, height }) => `${width}x${height}`))) return formats[0]?.role.resolution ?? found[0]
  return [...declared, ...found].reduce((most, each) =>
    each.width * each.height > most.width * most.height ? each : most,
  )
}

/** FRAME-RATE: as the encoder declares it, or the largest if it changes in the window. */
export function largestFrameRate(formats: readonly VariantFormat[]): number | undefined {
  const found = formats.flatMap(({ video }) => {
    const rate = video?.frameRate
    return rate ? rate.numerator / rate.denominator : []
  })
  if (isOne(found)) return formats[0]?.role.frameRate ?? found[0]
  return Math.max(...found, ...formats.flatMap(({ role }) => role.frameRate ?? []))
}

function isOne(values: readonly unknown[]): boolean {
  return new Set(values).size < 2
}

const RANGES: readonly VideoRange[] = ['SDR', 'HLG', 'PQ']

/** VIDEO-RANGE, RFC 8216bis §4.4.6.2: HLG may be mixed with SDR, and PQ with both. SDR is the default. */
export function rangeAttribute(videos: readonly (VideoDescription | undefined)[]): {
  readonly videoRange?: VideoRange
} {
  const ranks = videos.flatMap((video) => (video ? RANGES.indexOf(videoRangeOf(video)) : []))
  const videoRange = RANGES[Math.max(0, ...ranks)]
  return videoRange && videoRange !== 'SDR' ? { videoRange } : {}
}

/** The attributes of an I-frame stream with these pictures. */
export function iFrameAttributes(videos: readonly VideoDescription[]) {
  const largest = videos.reduce((most, each) => (each.width * each.height > most.width * most.height ? each : most))
  return {
    codecs: [...new Set(videos.map(({ codec }) => codec))].join(','),
    resolution: { width: largest.width, height: largest.height },
    ...rangeAttribute(videos),
  }
}

/** The coding behind each video sample entry. */
const KINDS: Readonly<Record<string, string>> = {
  avc1: 'avc',
  avc3: 'avc',
  dva1: 'avc',
  dvav: 'avc',
  hvc1: 'hevc',
  hev1: 'hevc',
  dvh1: 'hevc',
  dvhe: 'hevc',
}
const SOUND = ['mp4a', 'ac-3', 'ec-3']

/** The codecs in the encoder's CODECS attribute. */
export function declaredCodecs({ codecs }: VariantRole): readonly string[] | undefined {
  return codecs?.split(',').map((codec) => codec.trim())
}

/** The declared codecs, but for outdated ones: of a kind of media where none of the codings `found` is declared. */
export function believedCodecs(role: VariantRole, found: readonly string[]): readonly string[] {
  const declared = declaredCodecs(role)
  if (!declared) return found
  const isOutdated = (is: (codec: string) => boolean) => {
    const kinds = found.filter(is).map(kindOf)
    return kinds.length > 0 && !declared.some((codec) => kinds.includes(kindOf(codec)))
  }
  const outdated = [isPicture, isSound].filter((is) => declared.some(is) && isOutdated(is))
  if (outdated.length === 0) return declared
  const isKept = (codec: string) => !outdated.some((is) => is(codec))
  return [...declared.filter(isKept), ...found.filter((codec) => !isKept(codec))]
}

function kindOf(codec: string): string {
  const family = familyOf(codec)
  return KINDS[family] ?? family
}

function isPicture(codec: string): boolean {
  return Object.hasOwn(KINDS, familyOf(codec))
}

export function isSound(codec: string): boolean {
  return SOUND.includes(familyOf(codec))
}
