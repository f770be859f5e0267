import { join } from 'node:path'
import { encodedFiles } from '../fixtures/encoded.ts'

/** A few seconds of picture and sound as one transport stream, a key frame every half second; its file is only read. */
export async function makeSource(seconds: number): Promise<string> {
  const input = ['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=20:duration=${seconds}`]
  const sound = ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${seconds}`]
  const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '10', '-b:v', '300k']
  const args = ['-v', 'error', ...input, ...sound, ...video, '-c:a', 'aac', '-b:a', '64k', 'source.ts']
  return join(await encodedFiles({ program: 'ffmpeg', args }), 'source.ts')
}
