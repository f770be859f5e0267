import { Pool } from './concurrency/pool.ts'
import { runFfmpeg } from './ffmpeg-process.ts'
import { type Movie, NoDecoder, type PictureDecoder, type SpriteSheet } from './packaging/output-format.ts'

/** A picture takes a tenth of a second of a core, a sheet of them another. */
const LIMITS = { timeoutMs: 60_000, mostBytes: 32 * 1024 * 1024 }
/** Decoding must not take the cores that serving needs. */
const AT_ONCE = 1

const refusal = (reason: string) => new NoDecoder(`Stills need ffmpeg, and ${reason}.`)

/** A picture that it cannot decode ends it, and everything it reads comes through its standard input. */
const STRICT = ['-nostdin', '-v', 'error', '-xerror', '-err_detect', 'explode', '-threads', '1']
const FROM_PIPE = ['-protocol_whitelist', 'pipe']
const ONE_JPEG = ['-frames:v', '1', '-threads', '1', '-q:v', '3', '-bitexact', '-f', 'mjpeg', 'pipe:1']
const ONE_RAW = ['-frames:v', '1', '-threads', '1', '-pix_fmt', 'yuv420p', '-f', 'rawvideo', 'pipe:1']
const FROM_MOVIE = [...STRICT, ...FROM_PIPE, '-f', 'mp4', '-i', 'pipe:0']

/**
 * Decodes pictures by running ffmpeg, one at a time. Each runs in a process of its own, so that no picture depends on
 * what was decoded before it; equal movies give equal bytes with one version of it.
 */
export function ffmpegDecoder(program: string | undefined): PictureDecoder {
  const places = new Pool([...Array(AT_ONCE).keys()])
  const output = (args: readonly string[], input: Movie, signal: AbortSignal) =>
    runFfmpeg({ program, args, input, ...LIMITS, refusal }, signal)
  const run = (args: readonly string[], input: Movie, signal: AbortSignal): Promise<Buffer> =>
    places.run(async () => {
      signal.throwIfAborted()
      return output(args, input, signal)
    })
  return {
    async check() {
      await output(['-version'], [], AbortSignal.timeout(LIMITS.timeoutMs))
    },
    jpeg: async (movie, signal) => run([...FROM_MOVIE, '-vf', 'scale=iw*sar:ih,setsar=1', ...ONE_JPEG], movie, signal),
    async sheet(movies, { columns, rows, width, height }: SpriteSheet, signal) {
      const tiles: Buffer[] = []
      const scaled = [...FROM_MOVIE, '-vf', `scale=${width}:${height},setsar=1`, ...ONE_RAW]
      for await (const movie of movies) tiles.push(await run(scaled, movie, signal))
      const raw = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${width}x${height}`, '-i', 'pipe:0']
      return run([...STRICT, ...FROM_PIPE, ...raw, '-vf', `tile=${columns}x${rows}`, ...ONE_JPEG], tiles, signal)
    },
  }
}
