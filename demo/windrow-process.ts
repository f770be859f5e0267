import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A Windrow of its own: a fresh data folder, a free port. */
export type WindrowProcess = {
  readonly url: string
  readonly dataFolder: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<void>
  stop(): Promise<void>
}

const PROGRAM = fileURLToPath(new URL('../bin/windrow', import.meta.url))

/** Resolves when it is ready. */
export async function startWindrow(): Promise<WindrowProcess> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'windrow-demo-'))
  const options = ['--listen', '127.0.0.1:0', '--key-server', 'true']
  const args = [PROGRAM, 'serve', '--data', dataFolder, ...options]
  // Not in the terminal's process group: an interrupt is for the demo, which stops the server in its own time.
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const logFile = join(dataFolder, 'windrow.log')
  child.stderr.pipe(createWriteStream(logFile))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const url = await Promise.race([readyUrl(child), ended])
  if (!url) throw new Error(`Windrow did not start: ${readFileSync(logFile, 'utf8').trim()}`)
  return {
    url,
    dataFolder,
    credentials: readCredentials(join(dataFolder, 'credentials')),
    ended,
    async stop() {
      child.kill('SIGTERM')
      await ended
      if (child.exitCode !== 0)
        throw new Error(`Windrow ended with ${child.signalCode ?? child.exitCode}: see ${logFile}`)
    },
  }
}

/** Runs one of its commands against a server, in front of whoever watches. */
export async function runWindrow(words: readonly string[], { url, dataFolder }: WindrowProcess): Promise<void> {
  const args = [PROGRAM, ...words, '--url', url, '--data', dataFolder]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  if (code !== 0) throw new Error(`windrow ${words[0]} ended with ${signal ?? code}`)
}

async function readyUrl(child: ChildProcess): Promise<string | undefined> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const url = /^Windrow is ready at (\S+)$/.exec(line)?.[1]
    if (url) return url
  }
  return undefined
}

function readCredentials(file: string): WindrowProcess['credentials'] {
  const text = readFileSync(file, 'utf8')
  const field = (name: string) => new RegExp(`^${name} = (.*)$`, 'm').exec(text)?.[1] ?? ''
  return { accessKeyId: field('aws_access_key_id'), secretAccessKey: field('aws_secret_access_key') }
}
