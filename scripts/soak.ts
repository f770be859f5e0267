/** Runs the long tests and writes a report: `npm run soak -- [--only NAME] [--seed NUMBER] [--runs N] [--load N]`. */
import { randomInt } from 'node:crypto'
import { globSync, mkdirSync, writeFileSync } from 'node:fs'
import { cpus, release, type } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect, parseArgs } from 'node:util'
import type { Soak } from '../test/soak-plan.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const option = { type: 'string' } as const
const help = { type: 'boolean', short: 'h' } as const
const { values } = parseArgs({ options: { only: option, seed: option, runs: option, load: option, help } })
const seed = wholeNumber('seed', randomInt(2 ** 31))
const [runs, load] = [wholeNumber('runs', 6), wholeNumber('load', 0)]

const files = globSync('test/soak/*.ts', { cwd: root, exclude: ['**/*.test.ts'] }).sort()
const all = await Promise.all(files.map((file) => import(join(root, file)) as Promise<Soak>))
if (values.help) {
  console.log('npm run soak -- [--only NAME] [--seed NUMBER] [--runs N] [--load N]\n\nLong tests (* only by name):')
  for (const { name, onlyByName } of all) console.log(`  ${name}${onlyByName ? ' *' : ''}`)
  process.exit(0)
}
const chosen = all.filter(({ name, onlyByName }) => (values.only === undefined ? !onlyByName : name === values.only))
if (chosen.length === 0)
  throw new Error(`no soak "${values.only}"; there are: ${all.map(({ name }) => name).join(', ')}`)

const began = new Date()
const kept = join('reports', `soak-${began.toISOString().replaceAll(/[:.]/g, '-')}`)
const report = [
  `# Soak of ${began.toISOString()}`,
  '',
  `Seed ${seed}; Node ${process.version}; ${type()} ${release()}; ${cpus().length} × ${cpus()[0]?.model}`,
]
console.log(`seed ${seed}`)
let failures = 0
for (const soak of chosen) await runSoak(soak)

mkdirSync(join(root, 'reports'), { recursive: true })
const path = `${kept}.md`
writeFileSync(join(root, path), `${report.join('\n')}\n`)
console.log(failures === 0 ? `all good; report in ${path}` : `${failures} FAILED; report in ${path}`)
process.exit(failures === 0 ? 0 : 1)

function wholeNumber(name: 'seed' | 'runs' | 'load', otherwise: number): number {
  const text = values[name]
  if (text === undefined) return otherwise
  if (!/^\d+$/.test(text)) throw new Error(`--${name} must be a whole number, not "${text}"`)
  return Number(text)
}

async function runSoak({ name, run }: Soak): Promise<void> {
  const start = performance.now()
  const lines: string[] = []
  const log = (line: string) => {
    lines.push(line)
    console.log(`  ${name}: ${line}`)
  }
  const folder = () => {
    const path = join(root, kept)
    mkdirSync(path, { recursive: true })
    return path
  }
  const outcome = await run({ seed, log, folder, runs, load }).then(
    (figures) => ({ good: true, text: Object.entries(figures).map(([figure, value]) => `- ${figure}: ${value}`) }),
    (error: unknown) => ({ good: false, text: ['```', ...inspect(error).split('\n'), '```'] }),
  )
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  if (!outcome.good) failures++
  console.log(`${outcome.good ? '✔' : '✖'} ${name} (${seconds} s)\n${outcome.text.join('\n')}`)
  report.push('', `## ${name}: ${outcome.good ? 'holds' : 'FAILED'} (${seconds} s)`, '', ...outcome.text)
  if (lines.length > 0) report.push('', '```', ...lines, '```')
}
