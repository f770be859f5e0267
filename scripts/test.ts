/** The gate: `npm test -- [PATTERN…] [--only CASE] [--seed NUMBER]`. Given patterns, it runs only those test files. */
import { randomInt } from 'node:crypto'
import { run } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { EVIDENCE_VARIABLE } from '../test/judges/evidence.ts'
import { FOUND_VARIABLE, findPrograms, type ProgramName, programOf } from '../test/programs.ts'
import { SHARED_SWIFT_VARIABLE, startSharedSwift } from '../test/servers/swift.ts'
import { check } from './check.ts'
import { canInstall, installDebianPackages } from './debian-packages.ts'
import { Evidence } from './evidence.ts'
import { useMemoryFolder } from './memory-folder.ts'
import { skippedText } from './skipped.ts'
import { againCommand, failureText, relativePath, Tally, totalsText } from './tally.ts'
import { ONE_PROCESS, ONE_PROCESS_VARIABLE, PROCESSES, planTests, type TestPlan } from './test-plan.ts'
import { TestProcesses } from './test-processes.ts'
import { slowestText, timesText, writeReport } from './test-report.ts'

/** No single test may hold the gate up for longer. */
const TEST_TIMEOUT_MS = 600_000
/** Longer than any test may take: whoever is silent for so long has hung. */
const SILENT_MS = TEST_TIMEOUT_MS + 60_000

const began = performance.now()
const { values, positionals: patterns } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, seed: { type: 'string' } },
})
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
if (!Number.isSafeInteger(seed)) fail(`--seed must be a whole number, not "${values.seed}"`)
if (values.only !== undefined && patterns.length !== 1) fail('--only takes the file of the case as well')

const plan = planTests(patterns, seed)
if (plan.processes.length === 0) fail(`no test file matches ${patterns.join(' ')}`)
const found = provide(plan.needs)
process.env[FOUND_VARIABLE] = JSON.stringify(found)
useMemoryFolder()
const swift = await sharedSwift(plan, found.there.includes('swift'))
const good = await runTests(plan, values.only)
await swift?.stop()
const seconds = Math.round((performance.now() - began) / 1000)
console.log(
  `${good ? 'npm test: all good' : 'npm test: FAILED'} after ${Math.floor(seconds / 60)} min ${seconds % 60} s`,
)
process.exitCode = good ? 0 : 1

/** Installs what is missing, where that is possible; gives what is there then. */
function provide(needs: readonly ProgramName[]): ReturnType<typeof findPrograms> {
  const found = findPrograms()
  const missing = needs.filter((name) => !found.there.includes(name) && programOf(name).optional !== true)
  const packages = new Set(missing.flatMap((name) => programOf(name).packages ?? []))
  if (packages.size === 0 || !canInstall()) return found
  installDebianPackages([...packages])
  return findPrograms()
}

/** Starts a Swift for all processes to share, where several may need one. */
async function sharedSwift({ needs, processes }: TestPlan, isThere: boolean) {
  if (!needs.includes('swift') || processes.length === 1 || !isThere) return undefined
  const swift = await startSharedSwift()
  process.env[SHARED_SWIFT_VARIABLE] = swift.shared
  return swift
}

async function runTests({ processes, together }: TestPlan, only: string | undefined): Promise<boolean> {
  console.log(`seed ${seed}`)
  const evidence = new Evidence(new Date())
  process.env[EVIDENCE_VARIABLE] = evidence.folder
  process.env[ONE_PROCESS_VARIABLE] = JSON.stringify(together)
  // What Node makes of each file is kept: every test file is a process, and every store in it has threads of its own.
  process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url))

  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.on(signal, () => stop.abort())
  const tally = new Tally(ONE_PROCESS)
  // Beside the tests, which leave it room where they wait.
  const checked = patterns.length > 0 || checks(tally, stop)
  const running = new TestProcesses(processes, SILENT_MS)
  const events = run({
    files: processes,
    execArgv: [...running.execArgv],
    concurrency: PROCESSES,
    timeout: TEST_TIMEOUT_MS,
    signal: stop.signal,
    ...(only === undefined
      ? {}
      : { testNamePatterns: new RegExp(`^${only.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}$`) }),
  })
  for await (const event of events) {
    running.heard()
    process.stdout.write(tally.take(event))
  }
  running.stop()
  await checked

  evidence.keepOnly(tally.failures.map(({ file }) => file))
  const failures = failureText(tally.failures, (failure) => [
    ...running.toldOf(failure.file),
    ...(failure.file === relativePath(ONE_PROCESS) ? [`it ran ${runningIn(together, tally)}`] : []),
    `again: ${againCommand(failure, seed)}`,
    ...evidence.of(failure.file),
  ])
  process.stdout.write(failures)
  const milliseconds = performance.now() - began
  if (patterns.length === 0) process.stdout.write(timesText(tally.files) + slowestText(tally.files))
  if (tally.totals) process.stdout.write(totalsText(tally.totals))
  writeReport({ seed, milliseconds, tally })
  return judge(tally, stop.signal.aborted)
}

/** The file that the process of many ran when it ended. */
function runningIn(together: readonly string[], tally: Tally): string {
  return together.map(relativePath).find((path) => !tally.files.has(path)) ?? 'none any more'
}

/** What fails there ends the tests as well. */
async function checks(tally: Tally, stop: AbortController): Promise<void> {
  if (await check()) return
  tally.failures.push({ file: 'scripts/check.ts', line: undefined, names: ['npm run check'], message: 'check failed' })
  stop.abort()
}

function judge(tally: Tally, isStopped: boolean): boolean {
  const { text, missed } = skippedText(tally.skipped)
  process.stdout.write(text)
  const mayNotSkip = !['', 'false', '0'].includes(process.env['CI'] ?? '')
  if (mayNotSkip && missed > 0) console.log(`CI is set: nothing may be skipped, and ${missed} cases were`)
  if (isStopped) console.log('stopped')
  const ran = [...tally.files.values()].some(({ passed, failed, skipped }) => passed + failed + skipped > 0)
  if (!ran) console.log('no case has that name')
  const holds = tally.totals?.success === true && tally.failures.length === 0
  return !isStopped && ran && holds && !(mayNotSkip && missed > 0)
}

function fail(message: string): never {
  console.error(`npm test: ${message}`)
  process.exit(1)
}
