/** What a test process owns, and leaves nothing of: child processes and temporary folders. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { TIMEOUT_MS } from './timeout.ts'

const children = new Set<ChildProcess>()
const folders = new Set<string>()
const ports = new Set<number>()

function killChildren(): void {
  for (const child of children) child.kill('SIGKILL')
}

// A case that fails may leave a program, for which node:test would wait with this process. Programs of tests inherit
// their environment, and use this module as well.
const isTestFile = process.env['NODE_TEST_CONTEXT'] !== undefined && process.argv[1]?.endsWith('.test.ts') === true
if (isTestFile) after(killChildren)

process.on('exit', () => {
  killChildren()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
// Without a listener a signal ends the process and skips 'exit'.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

/** Removed when this process ends. */
export function temporaryFolder(purpose: string): string {
  const folder = mkdtempSync(join(tmpdir(), `windrow-${purpose}-`))
  folders.add(folder)
  return folder
}

/** Killed when this process ends, if it has not ended by then. */
export function spawnOwned(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const child = spawn(command, args, options)
  children.add(child)
  child.once('close', () => children.delete(child))
  return child
}

/** A program that runs by itself: what it says, and how it ends. */
export type Running = {
  readonly child: ChildProcess
  /** All it has written to standard output and error so far. */
  readonly said: () => string
  /** Exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | string>
}

/** Starts a program. `pipes` is the number of pipes that it has beyond the standard ones: `child.stdio` from 3 on. */
export function start(
  command: string,
  args: readonly string[],
  { pipes = 0, ...options }: SpawnOptions & { readonly pipes?: number } = {},
): Running {
  const more = Array.from({ length: pipes }, () => 'pipe' as const)
  const child = spawnOwned(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe', ...more] })
  const chunks: Buffer[] = []
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'no reason'))
  })
  ended.catch(() => {})
  return { child, said: () => Buffer.concat(chunks).toString(), ended }
}

/** Arguments as one writes them; none of them may hold a space. */
export function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

/** Runs a program to its end, in `cwd`, and gives its standard output. Throws with what it said when it fails. */
export async function run(
  command: string,
  args: readonly string[],
  input?: readonly Uint8Array[],
  cwd?: string,
): Promise<Buffer> {
  const child = spawnOwned(command, args, { cwd, stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'] })
  const output: Buffer[] = []
  const complaints: Buffer[] = []
  child.stdout!.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr!.on('data', (chunk: Buffer) => complaints.push(chunk))
  if (input) {
    // A program that gives up early closes its input; its exit code says so below.
    child.stdin!.on('error', () => {})
    for (const chunk of input) child.stdin!.write(chunk)
    child.stdin!.end()
  }
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  if (code !== 0) {
    throw new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}:\n${Buffer.concat(complaints)}`)
  }
  return Buffer.concat(output)
}

/** Listens on a free port of loopback; gives its URL without a slash at the end. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The last of the ports that `fetch` and browsers refuse to connect to; those of judges begin above it. */
const LAST_BLOCKED_PORT = 10_080

/**
 * A port that was free a moment ago, another one each time, below those the kernel hands out by itself: while a server
 * that is to come back is down, nobody else is given its port, and no client of it can end up connected to itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LAST_BLOCKED_PORT + 1, 32_768)
    if (ports.has(port)) continue
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    ports.add(port)
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}

/** Milliseconds between two looks: what comes soon is seen soon, and a long wait costs the machine little. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [20, 100]

/**
 * Waits until `probe` gives something; throws with what it was waiting for after TIMEOUT_MS, counted anew whenever
 * `progress` gives something else.
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  progress: () => unknown = () => undefined,
): Promise<T> {
  const began = performance.now()
  let deadline = began + TIMEOUT_MS
  let reached = progress()
  for (;;) {
    const found = await probe()
    if (found !== undefined) return found
    const reachedNow = progress()
    if (reachedNow !== reached) deadline = performance.now() + TIMEOUT_MS
    reached = reachedNow
    if (performance.now() > deadline) throw new Error(`waited ${TIMEOUT_MS / 1000} s in vain for ${what}`)
    const pause = Math.min(FIRST_PAUSE_MS + (performance.now() - began) / 10, LONGEST_PAUSE_MS)
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}
