/** What ffmpeg makes of encrypted transport streams. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Track, tracksOfUrl } from './packets.ts'
import { temporaryFolder } from './processes.ts'

const folder = temporaryFolder('encrypted')
let presentations = 0

export type Key = { readonly key: Buffer; readonly iv: Buffer }

/**
 * Packets at the end of a stream that ffmpeg 5.1 leaves encrypted where METHOD=SAMPLE-AES: those which its parsers
 * still hold when the last segment ends.
 */
export const LEFT_ENCRYPTED = 2

/**
 * The tracks that ffmpeg's HLS demuxer decrypts, or of METHOD=NONE reads; of SAMPLE-AES all packets but the last, see
 * `LEFT_ENCRYPTED`.
 */
export async function decryptedTracks(
  segments: readonly Uint8Array[],
  method: 'AES-128' | 'SAMPLE-AES' | 'NONE',
  { key, iv }: Key,
  extension = 'ts',
): Promise<Track[]> {
  const below = join(folder, `${presentations++}`)
  mkdirSync(below)
  // ffmpeg opens files of no other extension from a playlist.
  writeFileSync(join(below, 'key.ts'), key)
  for (const [index, segment] of segments.entries()) writeFileSync(join(below, `${index}.${extension}`), segment)
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:5',
    '#EXT-X-TARGETDURATION:10',
    `#EXT-X-KEY:METHOD=${method}${method === 'NONE' ? '' : `,URI="key.ts",IV=0x${iv.toString('hex')}`}`,
    ...segments.flatMap((_, index) => ['#EXTINF:2,', `${index}.${extension}`]),
    '#EXT-X-ENDLIST',
  ]
  writeFileSync(join(below, 'index.m3u8'), `${lines.join('\n')}\n`)
  return tracksOfUrl(join(below, 'index.m3u8'))
}
