declare const checked: unique symbol

/** A line of a playlist that holds one tag and no character that ends a line or cannot be printed, by `adTagLine`. */
export type AdTagLine = string & { readonly [checked]: true }

/** The tags that tell of ad breaks before a Media Segment, in the order of each kind. */
export type AdTags = {
  /** EXT-X-DATERANGE, RFC 8216 §4.3.2.7. */
  readonly dateRanges: readonly AdTagLine[]
  /** All others, of which no standard tells but EXT-X-SCTE35, ANSI/SCTE 35 §12. */
  readonly cues: readonly AdTagLine[]
}

const DATE_RANGE = 'EXT-X-DATERANGE'

/** The tags of a source that are kept as they came. Whatever an EXT-X-DATERANGE says, it may close another one. */
export const AD_TAGS: ReadonlySet<string> = new Set([
  'EXT-OATCLS-SCTE35',
  'EXT-X-ASSET',
  'EXT-X-BLACKOUT',
  'EXT-X-CUE',
  'EXT-X-CUE-IN',
  'EXT-X-CUE-OUT',
  'EXT-X-CUE-OUT-CONT',
  DATE_RANGE,
  'EXT-X-SCTE35',
  'EXT-X-SPLICEPOINT-SCTE35',
])

/** A tag without control characters, line breaks, surrogates and byte order marks. */
const LINE = /^#EXT[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufeff]*$/iu

/** The line, where it may stand in a playlist. */
export function adTagLine(text: string): AdTagLine | undefined {
  return LINE.test(text) ? (text as AdTagLine) : undefined
}

/** Tags that were kept, in their order; what may not stand in a playlist is left out. */
export function adTagsOf(lines: readonly string[]): AdTags {
  const all = lines.flatMap((line) => adTagLine(line) ?? [])
  return { dateRanges: all.filter(isDateRange), cues: all.filter((line) => !isDateRange(line)) }
}

function isDateRange(line: string): boolean {
  return line.slice(1, 1 + DATE_RANGE.length).toUpperCase() === DATE_RANGE
}

/** Ad tags before one segment of a source that are kept: at most so many, of so many bytes each and in all. */
export const MOST_AD_TAGS = { lines: 16, lineBytes: 4096, bytes: 16 * 1024 }
