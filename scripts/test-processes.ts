/** The processes of a run of node:test, one for each file, and the end of those that would never end by themselves. */
import type { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { relativePath } from './tally.ts'

/** What Node publishes for each child process that is made. */
const CHANNEL = 'child_process'
/** Time for a process to write down what it has open, before it is killed. */
const REPORT_MS = 5000

/**
 * node:test waits without a bound for the process of a file: for one that never lets go of the loop, that has something
 * open when its cases have ended, or whose output a program still has that it started. When nothing was heard of any
 * test for `silentMs`, all processes that are left are killed, which node:test takes for a failure of their files.
 */
export class TestProcesses {
  /** For the processes: makes them write down what they have open when they are asked to. */
  readonly execArgv: readonly string[] = [
    '--report-on-signal',
    '--report-signal=SIGUSR2',
    '--report-exclude-network',
    `--report-directory=${tmpdir()}`,
  ]
  private readonly files: readonly string[]
  private readonly silence: NodeJS.Timeout
  private readonly children = new Set<ChildProcess>()
  /** By the path of the file, lines about the process that was killed. */
  private readonly killed = new Map<string, readonly string[]>()

  /** `files` are absolute, as node:test is given them. */
  constructor(files: readonly string[], silentMs: number) {
    this.files = files
    this.silence = setTimeout(() => void this.killAll(), silentMs)
    subscribe(CHANNEL, this.onChild)
  }

  /** Notes that there was an event of a test. */
  heard(): void {
    this.silence.refresh()
  }

  stop(): void {
    clearTimeout(this.silence)
    unsubscribe(CHANNEL, this.onChild)
  }

  /** What is known of the process of a file, if it was killed; `path` is as `relativePath` gives it. */
  toldOf(path: string): readonly string[] {
    return this.killed.get(path) ?? []
  }

  private readonly onChild = (message: unknown): void => {
    const { process: child } = message as { process: ChildProcess }
    this.children.add(child)
    child.once('close', () => this.children.delete(child))
  }

  private async killAll(): Promise<void> {
    const left = [...this.children].flatMap((child) => {
      const file = this.files.find((each) => child.spawnargs.includes(each))
      return file === undefined ? [] : [{ child, file: relativePath(file) }]
    })
    for (const { child } of left) child.kill('SIGUSR2')
    await new Promise((resolve) => setTimeout(resolve, REPORT_MS))
    for (const { child, file } of left) {
      const isRunning = child.exitCode === null && child.signalCode === null
      this.killed.set(file, isRunning ? stateOf(child) : ['a program that it started still has its output open'])
      child.kill('SIGKILL')
      // Programs that it started may have the other ends.
      child.stdout?.destroy()
      child.stderr?.destroy()
    }
    this.silence.refresh()
  }
}

/** The parts of a diagnostic report of Node that are used here. */
type DiagnosticReport = {
  readonly libuv?: readonly {
    readonly type: string
    readonly is_active: boolean
    readonly is_referenced?: boolean
    readonly pid?: number
    readonly localEndpoint?: { readonly port: number } | null
    readonly remoteEndpoint?: { readonly port: number } | null
  }[]
}

/** What kept a process open, as it wrote down itself. */
function stateOf({ pid }: ChildProcess): readonly string[] {
  const report = readdirSync(tmpdir()).find((name) => name.startsWith('report.') && name.split('.')[3] === `${pid}`)
  if (report === undefined) return ['it hung, and never let go of its loop']
  const { libuv = [] } = JSON.parse(readFileSync(join(tmpdir(), report), 'utf8')) as DiagnosticReport
  const open = libuv.filter(({ is_active: isActive, is_referenced: isReferenced }) => isActive && isReferenced)
  const handles = open.map(({ type, pid: program, localEndpoint, remoteEndpoint }) => {
    const ends = [localEndpoint, remoteEndpoint].flatMap((end) => (end ? [end.port] : []))
    return [type, program, ends.join('–')].filter(Boolean).join(' ')
  })
  return [`it hung, with open: ${handles.join(', ') || 'nothing'}`]
}
