import type { ManifestName, OutputRequest, SegmentName } from './output-format.ts'

// Strict integers: every object has one name only.
const INTEGER = '(0|[1-9]\\d{0,15})'
const MANIFEST = new RegExp(`^(?:_${INTEGER}(?:_${INTEGER})?)?\\.m3u8$`)
const SEGMENT = new RegExp(`^_${INTEGER}(?:_${INTEGER})?_${INTEGER}\\.ts$`)

/** What a file name of an HLS presentation stands for, given the endpoint's manifest name. */
export function parseHlsName(manifestName: string, fileName: string): OutputRequest | undefined {
  if (!fileName.startsWith(manifestName)) return undefined
  const rest = fileName.slice(manifestName.length)
  const manifest = MANIFEST.exec(rest)
  if (manifest) {
    const [, n, p] = manifest
    return { kind: 'manifest', name: { ...(n && { n: Number(n) }), ...(p && { p: Number(p) }) } }
  }
  const segment = SEGMENT.exec(rest)
  if (!segment) return undefined
  const [, n, p, number] = segment
  return { kind: 'segment', name: { n: Number(n), ...(p && { p: Number(p) }), number: Number(number) } }
}

export function manifestFileName(manifestName: string, { n, p }: ManifestName): string {
  return `${manifestName}${n === undefined ? '' : `_${n}`}${p === undefined ? '' : `_${p}`}.m3u8`
}

export function segmentFileName(manifestName: string, { n, p, number }: SegmentName): string {
  return `${manifestName}_${n}${p === undefined ? '' : `_${p}`}_${number}.ts`
}
