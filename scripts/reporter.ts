/**
 * A reporter for `node --test`: one line for each file, everything about each failure, and the totals the way Node's
 * own runner prints them.
 */
import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

type Counts = { passed: number; failed: number; skipped: number; milliseconds: number }

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files = new Map<string, Counts>()
  /** Names of the suites around a test, by file and depth. */
  const path = new Map<string, string[]>()
  const failures: string[] = []

  for await (const event of source) {
    if (event.type === 'test:start') {
      const names = path.get(event.data.file ?? '') ?? []
      names.length = event.data.nesting
      names[event.data.nesting] = event.data.name
      path.set(event.data.file ?? '', names)
    } else if (event.type === 'test:pass' || event.type === 'test:fail') {
      const { data } = event
      const file = relative(process.cwd(), data.file ?? '')
      const counts = files.get(file) ?? { passed: 0, failed: 0, skipped: 0, milliseconds: 0 }
      files.set(file, counts)
      if (data.nesting === 0) counts.milliseconds += data.details.duration_ms
      if (data.details.type === 'suite') continue
      if (data.skip !== undefined || data.todo !== undefined) counts.skipped++
      else if (event.type === 'test:pass') counts.passed++
      else {
        counts.failed++
        const names = [...(path.get(data.file ?? '') ?? []).slice(0, data.nesting), data.name]
        const title = `✖ ${names.join(' › ')}\n`
        failures.push(`${title}  at ${file}:${data.line}\n${indent(describe(event.data.details.error))}\n`)
        yield title
      }
    } else if (event.type === 'test:stderr') {
      yield event.data.message
    } else if (event.type === 'test:summary' && event.data.file !== undefined) {
      const file = relative(process.cwd(), event.data.file)
      const counts = files.get(file)
      if (counts) yield line(file, counts)
    } else if (event.type === 'test:summary') {
      if (failures.length > 0) yield `\nFailed:\n${failures.join('')}`
      const { counts } = event.data
      yield `ℹ tests ${counts.tests}\nℹ suites ${counts.suites}\nℹ pass ${counts.passed}\nℹ fail ${failed(counts)}\n`
      yield `ℹ cancelled ${counts.cancelled}\nℹ skipped ${counts.skipped}\nℹ todo ${counts.todo}\n`
      yield `ℹ duration_ms ${event.data.duration_ms}\n`
    }
  }
}

function failed(counts: { tests: number; passed: number; cancelled: number; skipped: number; todo: number }): number {
  return counts.tests - counts.passed - counts.cancelled - counts.skipped - counts.todo
}

function line(file: string, counts: Counts): string {
  const mark = counts.failed > 0 ? '✖' : '✔'
  const failed = counts.failed > 0 ? `${counts.failed} FAILED, ` : ''
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
  return `${mark} ${file}: ${failed}${counts.passed} passed${skipped} (${(counts.milliseconds / 1000).toFixed(1)} s)\n`
}

/** The cause is what the test threw; the wrapper around it says only that it did. Node's own frames are left out. */
function describe(error: Error): string {
  const cause = (error.cause ?? error) as Error & { code?: string }
  const text = cause.code === 'ERR_ASSERTION' && cause.stack ? cause.stack : inspect(cause, { depth: 4 })
  return text.replaceAll(/^ *at .*[( ]node:.*\n?/gm, '').trimEnd()
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}
