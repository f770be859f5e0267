import { spawn } from 'node:child_process'
import { buffer } from 'node:stream/consumers'
import { Pool } from './concurrency/pool.ts'
import { type Movie, NoDecoder, type PictureDecoder, type SpriteSheet } from './packaging/output-format.ts'

/** A picture takes a tenth of a second of a core, a sheet of them another. */
const TIMEOUT_MS = 60_000
const MOST_BYTES = 32 * 1024 * 1024
/** What is kept of its complaints, in characters. */
const MOST_SAID = 500
/** Decoding must not take the cores that serving needs. */
const AT_ONCE = 1

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
  const named = (): string => {
    if (program !== undefined) return program
    throw new NoDecoder('Stills need ffmpeg, and the setting ffmpeg says that there is none.')
  }
  const run = (args: readonly string[], input: Movie, signal: AbortSignal): Promise<Buffer> => {
    const ffmpeg = named()
    return places.run(async () => {
      signal.throwIfAborted()
      return output(ffmpeg, args, input, signal)
    })
  }
  return {
    async check() {
      await output(named(), ['-version'], [], AbortSignal.timeout(TIMEOUT_MS))
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

/**
 * What a run of it writes to standard output, at least a byte. Throws NoDecoder when it is not installed or says no,
 * and as starting a process does.
 */
async function output(program: string, args: readonly string[], input: Movie, signal: AbortSignal): Promise<Buffer> {
  const limits = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], signal: limits, killSignal: 'SIGKILL' })
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, by) => resolve(code ?? by ?? 'nothing'))
  })
  // Until it is awaited, it counts as handled; a process that was never started has no pipes.
  ended.catch(() => {})
  if (child.pid === undefined) throw notStarted(program, await ended.catch((error: unknown) => error))
  // It may end before it has read all, and then says why.
  child.stdin.on('error', () => {})
  for (const piece of input) child.stdin.write(piece)
  child.stdin.end()
  let size = 0
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > MOST_BYTES) child.kill('SIGKILL')
  })
  const [written, said] = [buffer(child.stdout), buffer(child.stderr)]
  const code = await ended.catch((error: unknown) => {
    signal.throwIfAborted()
    if (limits.aborted) throw new NoDecoder(`ffmpeg did not decode the picture within ${TIMEOUT_MS / 1000} s.`)
    throw error
  })
  const bytes = await written
  if (code === 0 && bytes.length > 0) return bytes
  const reason = (await said).toString('latin1').slice(0, MOST_SAID).trim() || 'it says nothing'
  throw new NoDecoder(`ffmpeg did not decode the picture (${code}): ${reason}`)
}

function notStarted(program: string, error: unknown): unknown {
  const { code = '' } = error as { readonly code?: string }
  // Anything else may pass: no more processes, no more descriptors.
  if (!['ENOENT', 'EACCES', 'ENOEXEC'].includes(code)) return error
  return new NoDecoder(
    `Stills need ffmpeg, and ${program} ${code === 'ENOENT' ? 'is not installed' : `is none (${code})`}.`,
  )
}
