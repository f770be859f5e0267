import type { HlsManifest } from '../../model/manifest.ts'
import type { TsPackaging } from '../../model/packaging.ts'
import type { ImagePlace } from '../tracks/images.ts'

/**
 * The name of the parent manifest, or of the playlist of stream `n`, of track `p` of stream `n`, of stream `n`'s
 * I-frames, or of stream `n`, which is one of images.
 */
export type PlaylistName = {
  readonly n?: number
  readonly p?: number
  readonly iframes?: true
  readonly images?: true
}

/** The name of an image of stream `n`. */
export type ImageName = ImagePlace & { readonly n: number }

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
  | { readonly kind: 'image'; readonly name: ImageName }

// Integers without leading zeros, so that every object has one name only.
const INTEGER = '(0|[1-9]\\d{0,15})'
const STREAM = `_${INTEGER}(?:_${INTEGER}|_(iframe))?`
const MANIFEST = new RegExp(`^(?:${STREAM}|_${INTEGER}_image)?\\.m3u8$`)
const SEGMENT = new RegExp(`^${STREAM}_${INTEGER}\\.(ts|aac|ac3|ec3|vtt)$`)
const IMAGE = new RegExp(`^_${INTEGER}_image_${INTEGER}_${INTEGER}\\.jpg$`)

/** Parses a file name of an HLS presentation: a playlist of one of its manifests, or a segment they share. */
export function parseHlsName({ manifests, segment }: NamedParts, fileName: string): HlsName | undefined {
  for (const manifest of manifests) {
    const playlist = MANIFEST.exec(restAfter(manifest.name, fileName))
    if (!playlist) continue
    const [, n, p, iframe, images] = playlist
    if (images) return { kind: 'manifest', manifest, name: { n: Number(images), images: true } }
    return { kind: 'manifest', manifest, name: { ...(n && { n: Number(n) }), ...part(p, iframe) } }
  }
  const rest = restAfter(segment.name, fileName)
  const [image, imagesOf, perSegment, at] = IMAGE.exec(rest) ?? []
  if (image) {
    return { kind: 'image', name: { n: Number(imagesOf), perSegment: Number(perSegment), number: Number(at) } }
  }
  const found = SEGMENT.exec(rest)
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

export function hlsImageFileName(segmentName: string, { n, perSegment, number }: ImageName): string {
  return `${trackFileName(segmentName, { n, images: true })}_${perSegment}_${number}.jpg`
}

/** The prefix of the file names of a media playlist's segments. */
export function trackFileName(segmentName: string, name: PlaylistName): string {
  return `${segmentName}_${name.n}${suffix(name)}`
}

function suffix({ p, iframes, images }: PlaylistName): string {
  if (images) return '_image'
  return iframes ? '_iframe' : p === undefined ? '' : `_${p}`
}
