/** How long the gate took, for people and for programs. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { skippedByProgram } from './skipped.ts'
import type { FileTally, Tally } from './tally.ts'

const SLOWEST = 10

const root = fileURLToPath(new URL('..', import.meta.url))

/** Seconds that the test files of a folder may take together, one after the other, on two quiet cores. */
const BUDGET = JSON.parse(readFileSync(join(root, 'test/gate-budget.json'), 'utf8')) as Record<string, number>

type Files = ReadonlyMap<string, FileTally>

/** Seconds by folder beside the budget; it fails nothing. */
export function timesText(files: Files): string {
  const folders = new Map<string, number>()
  for (const [file, { milliseconds }] of files) {
    const folder = folderOf(file)
    folders.set(folder, (folders.get(folder) ?? 0) + milliseconds / 1000)
  }
  const rows = [...folders].toSorted(([, a], [, b]) => b - a)
  const lines = rows.map(([folder, seconds]) => {
    const budget = BUDGET[folder]
    const verdict = budget === undefined ? 'no budget' : seconds > budget ? 'OVER' : ''
    return `  ${folder.padEnd(20)}${seconds.toFixed(1).padStart(8)}${`${budget ?? ''}`.padStart(8)}  ${verdict}`.trimEnd()
  })
  return `\n  ${'folder'.padEnd(20)}${'seconds'.padStart(8)}${'budget'.padStart(8)}\n${lines.join('\n')}\n`
}

export function slowestText(files: Files): string {
  const slowest = [...files].toSorted(([, a], [, b]) => b.milliseconds - a.milliseconds).slice(0, SLOWEST)
  const lines = slowest.map(
    ([file, { milliseconds }]) => `  ${(milliseconds / 1000).toFixed(1).padStart(6)} s  ${file}\n`,
  )
  return `\nslowest files:\n${lines.join('')}\n`
}

/** `src/archive` for what lies anywhere below it, `test` for what lies there itself. */
function folderOf(file: string): string {
  return dirname(file).split('/').slice(0, 2).join('/')
}

/** JSON to the file that WINDROW_GATE_REPORT names, or to reports/gate-latest.json. */
export function writeReport(run: { seed: number; milliseconds: number; tally: Tally }): void {
  const { seed, milliseconds, tally } = run
  const path = process.env['WINDROW_GATE_REPORT'] ?? join(root, 'reports/gate-latest.json')
  const seconds = (ms: number) => Math.round(ms / 10) / 100
  const report = {
    seed,
    seconds: seconds(milliseconds),
    files: [...tally.files].map(([file, { milliseconds: ms, passed, failed, skipped }]) => {
      return { file, seconds: seconds(ms), passed, failed, skipped }
    }),
    failures: tally.failures.map(({ file, names, message }) => ({ file, name: names.join(' '), message })),
    skipped: skippedByProgram(tally.skipped),
  }
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`)
}
