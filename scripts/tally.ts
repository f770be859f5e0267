/** What node:test tells of a run, added up: by file, and every failure and skipped case. */
import { isAbsolute, relative, resolve } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

export type FileTally = {
  passed: number
  failed: number
  skipped: number
  /** Of its process, or of its suite where files share one. */
  milliseconds: number
}

export type Failure = {
  /** As all paths here: from the root of the repository. */
  readonly file: string
  readonly line: number | undefined
  /** Of the case, after those of the suites around it. None when the file failed as a whole. */
  readonly names: readonly string[]
  readonly message: string
}

export type Skipped = { readonly file: string; readonly name: string; readonly reason: string }

/** As node:test's reporters count them. */
export type Totals = {
  readonly tests: number
  readonly suites: number
  readonly passed: number
  readonly cancelled: number
  readonly skipped: number
  readonly todo: number
  readonly milliseconds: number
  /** Whether node:test found nothing wrong, be it in a case or elsewhere. */
  readonly success: boolean
}

export class Tally {
  readonly files = new Map<string, FileTally>()
  readonly failures: Failure[] = []
  readonly skipped: Skipped[] = []
  totals: Totals | undefined
  /** A file that runs others, each as a suite of its own. */
  private readonly bundle: string | undefined
  private bundled = 0
  /** Names of the suites around the current case, and its own. */
  private names: string[] = []
  /** What cases have told whose file is not known yet: they may be made elsewhere than in the file that runs. */
  private unplaced: ((file: string) => void)[] = []

  constructor(bundle?: string) {
    this.bundle = bundle
  }

  /** Takes the next event; gives what is to be printed, which may be nothing. */
  take(event: TestEvent): string {
    if (event.type === 'test:complete') return this.complete(event.data)
    if (event.type === 'test:stderr') return event.data.message
    if (event.type === 'test:start') this.names = [...this.names.slice(0, event.data.nesting), event.data.name]
    else if (event.type === 'test:pass') this.end(event.data)
    else if (event.type === 'test:fail') this.end(event.data, event.data.details.error)
    else if (event.type === 'test:summary' && event.data.file !== undefined) this.place(event.data.file)
    else if (event.type === 'test:summary') {
      const { counts, duration_ms: milliseconds, success } = event.data
      this.totals = { ...counts, suites: counts.suites - this.bundled, milliseconds, success }
    }
    return ''
  }

  /** The only event in the order of time: all others come file after file. */
  private complete({ name, file, nesting, details }: EventData<'test:complete'>): string {
    if (nesting > 0 || !(isFile(name, file) || file === this.bundle) || resolve(name) === this.bundle) return ''
    this.tally(name).milliseconds = details.duration_ms
    const seconds = `(${(details.duration_ms / 1000).toFixed(1)} s)`
    return details.passed ? `✔ ${relativePath(name)} ${seconds}\n` : `✖ ${relativePath(name)} FAILED ${seconds}\n`
  }

  private end(data: EventData<'test:pass'> | EventData<'test:fail'>, error?: Error): void {
    const { file, line, nesting, name, skip, todo, details } = data
    const isSuite = details.type === 'suite'
    const isBundled = file === this.bundle && isSuite
    const isWhole = isBundled || (nesting === 0 && isFile(name, file))
    // A suite fails by itself where its own code or a hook does, before or after its cases.
    const isMute = (isSuite || isWhole) && (!error || hasFailedCases(error))
    // The suite that a bundle makes of a file is none of the file's own.
    const around = [...this.names.slice(0, nesting), name]
    const names = isWhole ? [] : around.filter((each, depth) => depth > 0 || !isAbsolute(each))
    if (!isMute) {
      this.unplaced.push((path) => {
        const tally = this.tally(path)
        if (skip !== undefined || todo !== undefined) {
          tally.skipped++
          this.skipped.push({ file: path, name: names.join(' '), reason: typeof skip === 'string' ? skip : '' })
        } else if (error) {
          tally.failed++
          this.failures.push({ file: path, line, names, message: describe(error) })
        } else tally.passed++
      })
    }
    if (isBundled) this.bundled++
    if (isWhole) this.place(name)
  }

  private place(file: string): void {
    for (const place of this.unplaced) place(relativePath(file))
    this.unplaced = []
  }

  private tally(file: string): FileTally {
    const path = relativePath(file)
    const tally = this.files.get(path) ?? { passed: 0, failed: 0, skipped: 0, milliseconds: 0 }
    this.files.set(path, tally)
    return tally
  }
}

/** Whether it failed for nothing but a case of it, which has been told of. */
function hasFailedCases(error: Error): boolean {
  return (error as Error & { failureType?: string }).failureType === 'subtestsFailed'
}

/** Whether an event tells of a file as a whole. */
function isFile(name: string, file: string | undefined): boolean {
  return file !== undefined && resolve(name) === resolve(file)
}

/** A path as it is told: from the working directory, which is the root of the repository. */
export function relativePath(file: string): string {
  return relative(process.cwd(), resolve(file))
}

type EventData<T extends TestEvent['type']> = Extract<TestEvent, { type: T }>['data']

/** The cause is what the test threw; the wrapper around it says only that it did. Node's own frames are left out. */
function describe(error: Error): string {
  const { exitCode, signal } = error as { exitCode?: number | null; signal?: string | null }
  if (typeof exitCode === 'number' || typeof signal === 'string') {
    return `the process of this file ended with ${signal ?? exitCode}, not for a case that failed`
  }
  const cause = (error.cause ?? error) as Error & { code?: string }
  const text = cause.code === 'ERR_ASSERTION' && cause.stack ? cause.stack : inspect(cause, { depth: 4 })
  return text.replaceAll(/^ *at .*[( ]node:.*\n?/gm, '').trimEnd()
}

/** Everything about each failure; `more` gives further lines about it. */
export function failureText(failures: readonly Failure[], more: (failure: Failure) => readonly string[]): string {
  if (failures.length === 0) return ''
  const texts = failures.map((failure) => {
    const { file, line, names, message } = failure
    const title = names.length > 0 ? names.join(' › ') : file
    const lines = [`  at ${file}${line === undefined ? '' : `:${line}`}`, message.replaceAll(/^/gm, '  ')]
    return [`✖ ${title}`, ...lines, ...more(failure).map((each) => `  ${each}`)].join('\n')
  })
  return `\nFailed:\n${texts.join('\n')}\n`
}

/** As Node's own reporter ends; programs read it. */
export function totalsText({ tests, suites, passed, cancelled, skipped, todo, milliseconds }: Totals): string {
  const failed = tests - passed - cancelled - skipped - todo
  const cases = `ℹ tests ${tests}\nℹ suites ${suites}\nℹ pass ${passed}\nℹ fail ${failed}\nℹ cancelled ${cancelled}\n`
  return `${cases}ℹ skipped ${skipped}\nℹ todo ${todo}\nℹ duration_ms ${milliseconds}\n`
}

/** The command that runs a failed case again, alone. */
export function againCommand({ file, names }: Failure, seed?: number): string {
  const only = names.length > 0 ? ` --only ${shellQuoted(names.join(' '))}` : ''
  return `npm test -- ${file}${only}${seed === undefined ? '' : ` --seed ${seed}`}`
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
