import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A few seconds of picture and sound as one transport stream, a key frame every half second. */
export async function makeSource(folder: string, seconds: number): Promise<string> {
  const file = join(folder, 'source.ts')
  const input = ['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=20:duration=${seconds}`]
  const sound = ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${seconds}`]
  const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '10', '-b:v', '300k']
  await run('ffmpeg', ['-v', 'error', ...input, ...sound, ...video, '-c:a', 'aac', '-b:a', '64k', file])
  return file
}
