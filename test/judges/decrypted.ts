import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../fuzz/media-samples.ts'
import { PACKAGER } from './reference-packager.ts'

/** A key and its id, 16 bytes each. */
export type RawKey = { readonly id: Uint8Array; readonly key: Uint8Array }

/** ffmpeg reads from a pipe: in files with several fragments it loses its place in those that are encrypted. */
async function listed(file: Uint8Array, key: RawKey | undefined, ...copy: readonly string[]): Promise<string[]> {
  const decrypting = key ? ['-decryption_key', Buffer.from(key.key).toString('hex')] : []
  const input = ['-v', 'error', '-xerror', ...decrypting, '-i', 'pipe:0']
  const listing = String(await run('ffmpeg', [...input, '-map', '0', ...copy, '-f', 'framemd5', 'pipe:1'], file))
  return listing.split('\n').flatMap((line) => (/^[^#]/.test(line) ? [line.split(',')[5]!.trim()] : []))
}

/** MD5 of every frame of a fragmented MP4 as ffmpeg decodes it, after it has decrypted it. */
export const framesOf = (file: Uint8Array, key?: RawKey) => listed(file, key)

/** MD5 of every packet as ffmpeg decrypts it. */
export const packetsOf = (file: Uint8Array, key?: RawKey) => listed(file, key, '-c', 'copy', '-copyinkf')

export const packagerKey = ({ id, key }: RawKey) =>
  `label=:key_id=${Buffer.from(id).toString('hex')}:key=${Buffer.from(key).toString('hex')}`

/** What shaka-packager makes of a file. */
export async function packaged(
  file: Uint8Array,
  kind: 'video' | 'audio',
  ...options: readonly string[]
): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'windrow-packaged-'))
  try {
    const [input, output] = [join(folder, 'in.mp4'), join(folder, 'out.mp4')]
    await writeFile(input, file)
    await run(PACKAGER, [`in=${input},stream=${kind},output=${output}`, '--quiet', ...options])
    return await readFile(output)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** What shaka-packager makes of a file as it decrypts it. */
export function packagerDecrypted(file: Uint8Array, kind: 'video' | 'audio', key: RawKey): Promise<Buffer> {
  return packaged(file, kind, '--enable_raw_key_decryption', '--keys', packagerKey(key))
}
