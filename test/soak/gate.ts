import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnOwned } from '../judges/processes.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'gate'
/** It runs every test of the project, several times. */
export const onlyByName = true

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SLOWEST = 10

/** What scripts/test.ts writes to the path in WINDROW_GATE_REPORT, as far as it is used here. */
type GateReport = {
  readonly seed: number
  readonly seconds: number
  readonly files: readonly { readonly file: string; readonly seconds: number; readonly passed: number }[]
  readonly failures: readonly { readonly file: string; readonly name: string; readonly message: string }[]
}

/** Runs the whole gate `runs` times while `load` cores are kept busy; throws unless every run succeeds. */
export async function run({ seed, log, folder, runs, load }: SoakContext): Promise<Record<string, string | number>> {
  const busy = Array.from({ length: load }, () =>
    spawnOwned(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  )
  const reports: GateReport[] = []
  const failed: string[] = []
  try {
    for (let count = 0; count < runs; count++) {
      const path = join(folder(), `gate-${count + 1}.json`)
      rmSync(path, { force: true })
      const code = await runGate(seed + count, path)
      const report = JSON.parse(readFileSync(path, 'utf8')) as GateReport
      reports.push(report)
      const cases = report.files.reduce((sum, { passed }) => sum + passed, 0)
      const outcome = code === 0 ? 'good' : 'FAILED'
      log(
        `run ${count + 1}, seed ${report.seed}: ${outcome}, ${cases} passed, ${report.failures.length} failed, ${inMinutes(report.seconds)}`,
      )
      for (const { file, name, message } of report.failures) log(`  ${file}: ${name}: ${message.split('\n')[0]}`)
      if (code !== 0) failed.push(`run ${count + 1} (seed ${report.seed})`)
    }
  } finally {
    for (const child of busy) child.kill('SIGKILL')
  }
  for (const line of [...failuresByCase(reports), ...slowestFiles(reports)]) log(line)
  if (failed.length > 0) throw new Error(`failed: ${failed.join(', ')}`)
  const seconds = reports.map((report) => report.seconds).toSorted((a, b) => a - b)
  return {
    runs,
    'cores kept busy': load,
    fastest: inMinutes(seconds[0]!),
    median: inMinutes(median(seconds)),
    slowest: inMinutes(seconds.at(-1)!),
  }
}

/** Gives the exit code. What the gate prints goes to where the soak prints. */
async function runGate(seed: number, path: string): Promise<number> {
  const env = { ...process.env, WINDROW_GATE_REPORT: path }
  const args = ['scripts/test.ts', '--seed', String(seed)]
  const child = spawnOwned(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'inherit', 'inherit'] })
  const [code] = (await once(child, 'close')) as [number | null]
  return code ?? 1
}

function failuresByCase(reports: readonly GateReport[]): string[] {
  const all = reports.flatMap(({ failures }) => failures.map(({ file, name }) => `${file}: ${name}`))
  if (all.length === 0) return ['no case failed in any run']
  const counted = [...Map.groupBy(all, (each) => each)].map(([each, times]) => ({ each, times: times.length }))
  return counted
    .toSorted((a, b) => b.times - a.times)
    .map(({ each, times }) => `failed in ${times} of ${reports.length} runs: ${each}`)
}

/** By their median over the runs. */
function slowestFiles(reports: readonly GateReport[]): string[] {
  const seconds = Map.groupBy(
    reports.flatMap(({ files }) => files),
    ({ file }) => file,
  )
  return [...seconds]
    .map(([file, all]) => ({ file, seconds: median(all.map((each) => each.seconds).toSorted((a, b) => a - b)) }))
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, SLOWEST)
    .map((each) => `${each.seconds.toFixed(1).padStart(6)} s  ${each.file}`)
}

const median = (sorted: readonly number[]) => sorted[Math.floor(sorted.length / 2)]!
function inMinutes(seconds: number): string {
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}
