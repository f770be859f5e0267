import { crc32 } from 'node:zlib'
import { LostMedia } from '../model/lost-media.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { Viewer } from '../origin/viewer.ts'
import type { Finding } from './invariants.ts'
import type { EndpointMemory, KnownBytes, KnownSegment } from './memory.ts'

/** Of a segment, so much is kept while it is looked at: its first pictures and frames of audio. */
const HEAD_BYTES = 1024 * 1024

/** Which endpoint is looked at, and how. */
export type Asked = { readonly viewer: Viewer; readonly endpoint: OriginEndpoint; readonly memory: EndpointMemory }

export type Sample = {
  /** Its first bytes, at most a mebibyte; undefined where it does not answer. */
  readonly head: Uint8Array | undefined
  readonly findings: readonly Finding[]
}

/**
 * Fetches what is listed under a path, and compares its bytes with those that were there before; `segment` is what it
 * is, unless it is a header.
 */
export async function sample(
  { viewer, endpoint, memory }: Asked,
  path: string,
  segment?: KnownSegment,
): Promise<Sample> {
  const read = await bytesAt(viewer, endpoint, path)
  if ('error' in read) {
    const finding = { invariant: 'listed-answers', path, seen: read.error, expected: 'its bytes' } as const
    return { head: undefined, findings: [finding] }
  }
  const { known, head } = read
  const before = memory.bytes.get(path)
  if (!before) memory.rememberBytes(path, { ...known, ...(segment && { segment }) })
  if (!before || (before.size === known.size && before.crc32 === known.crc32)) return { head, findings: [] }
  return { head, findings: [{ invariant: 'bytes-unchanged', path, seen: textOf(known), expected: textOf(before) }] }
}

type Read = { readonly known: KnownBytes; readonly head: Uint8Array } | { readonly error: string }

async function bytesAt(viewer: Viewer, endpoint: OriginEndpoint, path: string): Promise<Read> {
  const sight = await viewer.see(endpoint, path)
  if (sight.kind !== 'media') return { error: sight.kind === 'nothing' ? sight.error : 'a manifest' }
  const head: Uint8Array[] = []
  let [size, sum] = [0, 0]
  try {
    for await (const piece of sight.pieces) {
      if (size < HEAD_BYTES) head.push(Uint8Array.from(piece.subarray(0, HEAD_BYTES - size)))
      sum = crc32(piece, sum)
      size += piece.length
    }
  } catch (error) {
    if (error instanceof LostMedia) return { error: 'SegmentLost' }
    throw error
  }
  return { known: { size, crc32: sum }, head: Buffer.concat(head) }
}

function textOf({ size, crc32: sum }: KnownBytes): string {
  return `${size} bytes of CRC-32 ${sum.toString(16).padStart(8, '0')}`
}
