import { run } from './processes.ts'

/** Each picture of a file, as ffmpeg shows it, in grey values of so many columns and rows. */
export async function greyPictures(
  file: string,
  { width, height }: { readonly width: number; readonly height: number },
  input: readonly Buffer[] = [],
): Promise<readonly Buffer[]> {
  const grey = `scale=${width}:${height}:flags=area,format=gray`
  const args = ['-v', 'error', '-copyts', '-i', file, '-map', '0:v:0', '-fps_mode', 'passthrough', '-vf', grey]
  const values = await run('ffmpeg', [...args, '-f', 'rawvideo', '-'], input)
  const size = width * height
  return Array.from({ length: values.length / size }, (_, n) => values.subarray(n * size, (n + 1) * size))
}
