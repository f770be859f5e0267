import type { HlsManifest } from '../../model/manifest.ts'
import type { TsPackaging } from '../../model/packaging.ts'

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

/** The settings that the file names of an HLS presentation begin with. */
export type NamedParts = Pick<TsPackaging, 'manifests' | 'segment'>

export type HlsName =
  | { readonly kind: 'manifest'; readonly manifest: HlsManifest; readonly name: PlaylistName }
  | { readonly kind: 'segment'; readonly name: SegmentName }

// Integers without leading zeros, so that every object has one name only.
const INTEGER = '(0|[1-9]\\d{0,15})'
const STREAM = `_${INTEGER}(?:_${INTEGER}|_(iframe))?`
const MANIFEST = new RegExp(`^(?:${STREAM})?\\.m3u8$`)
const SEGMENT = new RegExp(`^${STREAM}_${INTEGER}\\.(ts|aac|ac3|ec3|vtt)$`)

/** Parses a file name of an HLS presentation: a playlist of one of its manifests, or a segment they share. */
export function parseHlsName({ manifests, segment }: NamedParts, fileName: string): HlsName | undefined {
  for (const manifest of manifests) {
    const playlist = MANIFEST.exec(restAfter(manifest.name, fileName))
    if (!playlist) continue
    const [, n, p, iframe] = playlist
    return { kind: 'manifest', manifest, name: { ...(n && { n: Number(n) }), ...part(p, iframe) } }
  }
  const found = SEGMENT.exec(restAfter(segment.name, fileName))
  if (!found) return undefined
  const [, n, p, iframe, number, extension = ''] = found
  return { kind: 'segment', name: { n: Number(n), ...part(p, iframe), number: Number(number), extension } }
}

/** The file name without the prefix; empty when it does not begin with the prefix. */
function restAfter(prefix: string, fileName: string): string {
  return fileName.startsWith(prefix) ? fileName.slice(prefix.length) : ''
}

function part(p: string | undefined, iframe: string | undefined) {
  return { ...(p && { p: Number(p) }), ...(iframe && ({ iframes: true } as const)) }
}

export function manifestFileName(manifestName: string, name: PlaylistName): string {
  return `${manifestName}${name.n === undefined ? '' : `_${name.n}`}${suffix(name)}.m3u8`
}

export function segmentFileName(segmentName: string, name: SegmentName): string {
  return `${trackFileName(segmentName, name)}_${name.number}.${name.extension}`
}

/** The prefix of the file names of a media playlist's segments. */
export function trackFileName(segmentName: string, name: Pick<SegmentName, 'n' | 'p' | 'iframes'>): string {
  return `${segmentName}_${name.n}${suffix(name)}`
}

function suffix({ p, iframes }: PlaylistName): string {
  return iframes ? '_iframe' : p === undefined ? '' : `_${p}`
}
