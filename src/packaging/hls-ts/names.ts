/**
 * The name of the parent manifest, or of the playlist of stream `n`, of track `p` of stream `n`, or of stream `n`'s
 * I-frames.
 */
export type PlaylistName = { readonly n?: number; readonly p?: number; readonly iframes?: true }

/** The name of output segment `number` of stream `n`, of its track `p` alone, or of the resource of its I-frame. */
export type SegmentName = {
  readonly n: number
  readonly p?: number
  readonly iframes?: true
  readonly number: number
  /** File extension, which states the container. */
  readonly extension: string
}

export type HlsName =
  | { readonly kind: 'manifest'; readonly name: PlaylistName }
  | { readonly kind: 'segment'; readonly name: SegmentName }

// Integers without leading zeros, so that every object has one name only.
const INTEGER = '(0|[1-9]\\d{0,15})'
const STREAM = `_${INTEGER}(?:_${INTEGER}|_(iframe))?`
const MANIFEST = new RegExp(`^(?:${STREAM})?\\.m3u8$`)
const SEGMENT = new RegExp(`^${STREAM}_${INTEGER}\\.(ts|aac|ac3|ec3|vtt)$`)

/** Parses a file name of an HLS presentation with this manifest name. */
export function parseHlsName(manifestName: string, fileName: string): HlsName | undefined {
  if (!fileName.startsWith(manifestName)) return undefined
  const rest = fileName.slice(manifestName.length)
  const manifest = MANIFEST.exec(rest)
  if (manifest) {
    const [, n, p, iframe] = manifest
    return { kind: 'manifest', name: { ...(n && { n: Number(n) }), ...part(p, iframe) } }
  }
  const segment = SEGMENT.exec(rest)
  if (!segment) return undefined
  const [, n, p, iframe, number, extension = ''] = segment
  return { kind: 'segment', name: { n: Number(n), ...part(p, iframe), number: Number(number), extension } }
}

function part(p: string | undefined, iframe: string | undefined) {
  return { ...(p && { p: Number(p) }), ...(iframe && ({ iframes: true } as const)) }
}

export function manifestFileName(manifestName: string, name: PlaylistName): string {
  return `${manifestName}${name.n === undefined ? '' : `_${name.n}`}${suffix(name)}.m3u8`
}

export function segmentFileName(manifestName: string, name: SegmentName): string {
  return `${trackFileName(manifestName, name)}_${name.number}.${name.extension}`
}

/** The prefix of the file names of a media playlist's segments. */
export function trackFileName(manifestName: string, name: Pick<SegmentName, 'n' | 'p' | 'iframes'>): string {
  return `${manifestName}_${name.n}${suffix(name)}`
}

function suffix({ p, iframes }: PlaylistName): string {
  return iframes ? '_iframe' : p === undefined ? '' : `_${p}`
}
