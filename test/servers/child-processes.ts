import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { TIMEOUT_MS } from '../judges/timeout.ts'

const OUTPUT_KEPT = 4_000

type RunningChild = { readonly name: string; readonly child: ChildProcess; output: string }

/** Servers of other people, run for a test. They die with the test's process, whatever happens to it. */
export class ChildProcesses {
  private readonly running: RunningChild[] = []

  start(command: string, ...args: string[]): void {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const entry = { name: command, child, output: '' }
    const keep = (chunk: Buffer) => {
      entry.output = (entry.output + chunk.toString()).slice(-OUTPUT_KEPT)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', keep)
    this.running.push(entry)
  }

  /** Resolves as `work` does; throws with what a server said when one ends meanwhile. */
  async during<T>(work: Promise<T>): Promise<T> {
    const watch = new AbortController()
    const { signal } = watch
    const ends = this.running.map(async (entry) => {
      if (isAlive(entry.child)) await once(entry.child, 'exit', { signal })
      throw endOf(entry)
    })
    try {
      return await Promise.race([work, ...ends])
    } finally {
      watch.abort()
    }
  }

  /** Resolves when someone listens on every port; throws with what a server said when it ended instead. */
  async listening(ports: readonly number[]): Promise<void> {
    const deadline = performance.now() + TIMEOUT_MS
    for (const port of ports) {
      while (!(await accepts(port))) {
        const dead = this.running.find(({ child }) => !isAlive(child))
        if (dead) throw endOf(dead)
        if (performance.now() > deadline) throw new Error(`nobody listens on port ${port}`)
        await sleep(50)
      }
    }
  }

  get areRunning(): boolean {
    return this.running.some(({ child }) => isAlive(child))
  }

  get pids(): readonly number[] {
    return this.running.flatMap(({ child }) => child.pid ?? [])
  }

  async stop(): Promise<void> {
    await Promise.all(this.running.map(({ child }) => kill(child)))
  }
}

const endOf = ({ name, output }: RunningChild) => new Error(`${name} ended: ${output}`)

const isAlive = (child: ChildProcess) => child.pid !== undefined && child.exitCode === null && child.signalCode === null

async function kill(child: ChildProcess): Promise<void> {
  if (!isAlive(child)) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
