import { spawn } from 'node:child_process'
import { buffer } from 'node:stream/consumers'

/** What is kept of its complaints, in characters. */
const MOST_SAID = 500

export type FfmpegRun = {
  /** Its name or path; undefined where the setting says that there is none. */
  readonly program: string | undefined
  readonly args: readonly string[]
  readonly input: readonly Uint8Array[]
  readonly timeoutMs: number
  /** Bytes of its output, beyond which it is ended. */
  readonly mostBytes: number
  /** Makes the error for a reason that goes on a sentence such as "Stills need ffmpeg, and". */
  readonly refusal: (reason: string) => Error
}

/**
 * What a run of ffmpeg writes to standard output, at least a byte. Throws a refusal when it is not installed or says
 * no, and as the signal aborts, or starting a process does.
 */
export async function runFfmpeg(
  { program, args, input, timeoutMs, mostBytes, refusal }: FfmpegRun,
  signal: AbortSignal,
): Promise<Buffer> {
  if (program === undefined) throw refusal('the setting ffmpeg says that there is none')
  const limits = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], signal: limits, killSignal: 'SIGKILL' })
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, by) => resolve(code ?? by ?? 'nothing'))
  })
  // Until it is awaited, it counts as handled; a process that was never started has no pipes.
  ended.catch(() => {})
  if (child.pid === undefined) {
    const error: unknown = await ended.catch((error: unknown) => error)
    const { code = '' } = error as { readonly code?: string }
    // Anything else may pass: no more processes, no more descriptors.
    if (!['ENOENT', 'EACCES', 'ENOEXEC'].includes(code)) throw error
    throw refusal(`${program} ${code === 'ENOENT' ? 'is not installed' : `is none (${code})`}`)
  }
  // It may end before it has read all, and then says why.
  child.stdin.on('error', () => {})
  for (const piece of input) child.stdin.write(piece)
  child.stdin.end()
  let size = 0
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > mostBytes) child.kill('SIGKILL')
  })
  const [written, said] = [buffer(child.stdout), buffer(child.stderr)]
  const code = await ended.catch((error: unknown) => {
    signal.throwIfAborted()
    if (limits.aborted) throw refusal(`it was not done within ${timeoutMs / 1000} s`)
    throw error
  })
  const bytes = await written
  if (code === 0 && bytes.length > 0) return bytes
  const reason = (await said).toString('latin1').slice(0, MOST_SAID).trim() || 'it says nothing'
  throw refusal(`it failed (${code}): ${reason}`)
}
