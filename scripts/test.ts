/** The gate: `npm test`. Given file names or patterns, it runs only those tests. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { check } from './check.ts'
import { installDebianPackages } from './debian-packages.ts'

const ALL = ['src/**/*.test.ts', 'test/**/*.test.ts']
/** No single test may hold the gate up for longer. */
const TEST_TIMEOUT_MS = 600_000

const began = performance.now()
const only = process.argv.slice(2)
const good = installDebianPackages() && (only.length > 0 || (await check())) && (await runTests(only))
const seconds = Math.round((performance.now() - began) / 1000)
console.log(
  `${good ? 'npm test: all good' : 'npm test: FAILED'} after ${Math.floor(seconds / 60)} min ${seconds % 60} s`,
)
process.exitCode = good ? 0 : 1

function runTests(patterns: readonly string[]): Promise<boolean> {
  const options = ['--test', '--test-concurrency=2', `--test-timeout=${TEST_TIMEOUT_MS}`]
  const args = [...options, '--test-reporter=./scripts/reporter.ts', ...(patterns.length > 0 ? patterns : ALL)]
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (status) => resolve(status === 0))
  })
}
