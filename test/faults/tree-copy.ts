import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Running, start, temporaryFolder } from '../judges/processes.ts'
import { type Catcher, type Fault, withFault } from './fault.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** What is made here, or is nobody's to change. */
const LEFT_OUT = ['.git', 'node_modules', 'build', 'dist', 'data', 'reports']

/** Seconds that a test may wait for an event: with a fault in the code it may never come. */
const TIMEOUT = 15
/** No case may take longer, and no run of a file. */
const CASE_TIMEOUT_MS = 150_000
const RUN_TIMEOUT_MS = 240_000

export type TestRun = {
  readonly passed: number
  readonly isGood: boolean
  readonly output: string
}

/** The repository in a temporary folder, where code may be broken. Removed when this process ends. */
export class TreeCopy {
  private readonly folder = temporaryFolder('faults')

  constructor() {
    const isKept = (path: string) => !LEFT_OUT.includes(relative(ROOT, path))
    cpSync(ROOT, this.folder, { recursive: true, filter: isKept })
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'))
  }

  /** Changes the fault's file for as long as `work` takes. */
  async withFault<T>(fault: Fault, work: () => Promise<T>): Promise<T> {
    const path = join(this.folder, fault.file)
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, withFault(fault, text))
    try {
      return await work()
    } finally {
      writeFileSync(path, text)
    }
  }

  /** Builds what has changed; gives what the compiler says when it does not compile. */
  async build(): Promise<string | undefined> {
    for (const command of [['node_modules/typescript/bin/tsc', '-b'], ['scripts/build-server.ts']]) {
      const build = this.node(command)
      if ((await build.ended) !== 0) return build.said()
    }
    return undefined
  }

  /** Runs tests as the gate does; with a short timeout where `expectsFailure` is said. */
  async test({ file, cases }: Catcher, { expectsFailure = false } = {}): Promise<TestRun> {
    const options = ['--test', `--test-timeout=${CASE_TIMEOUT_MS}`, '--test-reporter=./scripts/reporter.ts']
    const chosen = cases === undefined ? [] : [`--test-name-pattern=${cases}`]
    const timeout = expectsFailure ? { WINDROW_TEST_TIMEOUT: `${TIMEOUT}` } : {}
    const running = this.node([...options, ...chosen, file], timeout)
    // The runner ends its files, and they what they have started.
    const guard = setTimeout(() => running.child.kill('SIGTERM'), RUN_TIMEOUT_MS)
    const code = await running.ended
    clearTimeout(guard)
    const output = running.said()
    return { passed: Number(/^ℹ pass (\d+)/m.exec(output)?.[1] ?? 0), isGood: code === 0, output }
  }

  private node(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Running {
    const { NODE_TEST_CONTEXT: _, ...environment } = process.env
    // A fault may be noticed by a case that the gate leaves out.
    const env = { ...environment, WINDROW_TEST_WHOLE: '1', ...variables }
    return start(process.execPath, args, { cwd: this.folder, env })
  }
}
