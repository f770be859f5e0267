import { type ChildProcess, spawn } from 'node:child_process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Pool } from './concurrency/pool.ts'
import { NoDecoder, type PictureDecoder, type SpriteSheet } from './packaging/output-format.ts'

/** A picture, or a sheet of a hundred small ones, takes a second or two of a core. */
const TIMEOUT_MS = 60_000
const MOST_BYTES = 32 * 1024 * 1024
/** What is kept of its complaints. */
const MOST_SAID = 2000
/** Decoding must not take the cores that serving needs. */
const AT_ONCE = 1

/**
 * Decodes pictures by running ffmpeg, one at a time. It reads its standard input alone, whatever a movie says; equal
 * movies give equal bytes with one version of it.
 */
export function ffmpegDecoder(program: string | undefined): PictureDecoder {
  const places = new Pool([...Array(AT_ONCE).keys()])
  const named = (): string => {
    if (program !== undefined) return program
    throw new NoDecoder('Stills need ffmpeg, and the setting ffmpeg says that there is none.')
  }
  return {
    async check() {
      await runs(spawn(named(), ['-version'], { stdio: 'ignore', timeout: TIMEOUT_MS, killSignal: 'SIGKILL' }))
    },
    async jpeg(movie, sheet) {
      const ffmpeg = named()
      return places.run(() => decode(ffmpeg, movie, sheet))
    },
  }
}

/** How it ended: its exit code, or the signal that killed it. Throws NoDecoder when it did not even begin. */
async function runs(child: ChildProcess): Promise<number | string> {
  const ended = Promise.withResolvers<number | string>()
  child.once('error', ended.reject)
  child.once('close', (code, signal) => ended.resolve(code ?? signal ?? 'nothing'))
  return ended.promise.catch((error: { readonly code?: string }) => {
    const reason = error.code === 'ENOENT' ? 'is not installed' : `cannot be started (${error.code})`
    throw new NoDecoder(`Stills need ffmpeg, and ${child.spawnfile} ${reason}.`)
  })
}

const INPUT = ['-nostdin', '-v', 'error', '-threads', '1', '-protocol_whitelist', 'pipe', '-f', 'mp4', '-i', 'pipe:0']
const OUTPUT = ['-frames:v', '1', '-threads', '1', '-q:v', '3', '-bitexact', '-f', 'mjpeg', 'pipe:1']

async function decode(
  program: string,
  movie: AsyncIterable<Uint8Array>,
  sheet: SpriteSheet | undefined,
): Promise<Uint8Array> {
  const filters = sheet
    ? ['-vf', `scale=${sheet.width}:${sheet.height},setsar=1,tile=${sheet.columns}x${sheet.rows}`]
    : ['-vf', 'scale=iw*sar:ih,setsar=1']
  const args = [...INPUT, ...filters, ...OUTPUT]
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: TIMEOUT_MS, killSignal: 'SIGKILL' })
  const ended = runs(child)
  // It may end before it has read all.
  const fed = pipeline(Readable.from(movie), child.stdin).catch((error: unknown) => error)
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    if (said.length < MOST_SAID) said += chunk.toString('latin1')
  })
  const chunks: Buffer[] = []
  let size = 0
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > MOST_BYTES) child.kill('SIGKILL')
    else chunks.push(chunk)
  })
  const code = await ended
  const problem = await fed
  if (code === 0 && size > 0) return Buffer.concat(chunks)
  // What the movie is made from could not be read.
  if (problem instanceof Error && !('code' in problem)) throw problem
  throw new NoDecoder(
    `ffmpeg did not decode the picture (${code}): ${said.slice(0, MOST_SAID).trim() || 'it says nothing'}`,
  )
}
