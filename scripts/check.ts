/** Everything that can be said about the code without running it for long: `npm run check`. */
import { spawn } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** No command may take longer: they take seconds. */
const TIMEOUT_MS = 1_200_000

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name: string) => `${root}node_modules/${name}`

type Check = { readonly name: string; readonly commands: readonly (readonly string[])[] }

const CHECKS: readonly Check[] = [
  {
    name: 'types (tsc)',
    commands: [
      [bin('typescript/bin/tsc'), '-b'],
      [bin('typescript/bin/tsc'), '-p', 'tsconfig.test.json'],
      [bin('typescript/bin/tsc'), '-p', 'console'],
    ],
  },
  { name: 'dead code (knip)', commands: [[bin('knip/bin/knip.js'), '--no-progress']] },
  {
    name: 'format and lint (biome)',
    commands: [[bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.']],
  },
  { name: 'typed lint (oxlint)', commands: [[bin('oxlint/bin/oxlint'), '--type-aware', '--deny-warnings']] },
  {
    name: 'tidy (test/tidy.test.ts)',
    commands: [['--test', '--test-reporter=./scripts/reporter.ts', 'test/tidy.test.ts']],
  },
]

/** Runs every check; prints the outcome of each, and the output of those that failed. True when all are good. */
export async function check(): Promise<boolean> {
  const began = performance.now()
  const outcomes = await Promise.all(CHECKS.map(runCheck))
  const good = outcomes.every(Boolean)
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(good ? `check: all good (${seconds} s)` : `check: FAILED (${seconds} s)`)
  return good
}

async function runCheck({ name, commands }: Check): Promise<boolean> {
  const began = performance.now()
  for (const command of commands) {
    const { status, signal, output } = await node(command)
    if (status !== 0) {
      console.log(`✖ ${name}${signal === null ? '' : `, ended by ${signal}`}\n${output.trimEnd()}`)
      return false
    }
  }
  console.log(`✔ ${name} ${((performance.now() - began) / 1000).toFixed(1)} s`)
  return true
}

type Ended = { readonly status: number | null; readonly signal: NodeJS.Signals | null; readonly output: string }

function node(args: readonly string[]): Promise<Ended> {
  const bounds = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...bounds })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => resolve({ status, signal, output: Buffer.concat(chunks).toString() }))
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = (await check()) ? 0 : 1
