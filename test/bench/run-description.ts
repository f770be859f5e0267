/** What a run of the bench is told to have run on, without names of anything. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { machineSpeeds } from './machine.ts'
import type { RecordedRun } from './recorded-runs.ts'

export function describeMachine(): Omit<RecordedRun, 'date' | 'measures'> {
  const [load = 0] = loadavg()
  return {
    commit: commit(),
    // All of them, whichever this process may use.
    cores: cpus().length,
    isVirtual: /^flags.*\bhypervisor\b/m.test(readFileSync('/proc/cpuinfo', 'utf8')),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    load,
    machine: machineSpeeds(),
  }
}

/** Of the code that is measured; what is changed besides is told. */
function commit(): string {
  const root = new URL('../..', import.meta.url)
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim()
  try {
    const isChanged = git('status', '--porcelain', '--', 'src', 'kernel', 'test/bench') !== ''
    return git('rev-parse', '--short=8', 'HEAD') + (isChanged ? ', changed' : '')
  } catch {
    return 'unknown'
  }
}
