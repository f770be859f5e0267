/** Runs the long tests and writes a report: `npm run soak -- [--only NAME] [--seed NUMBER]`. */
import { randomInt } from 'node:crypto'
import { globSync, mkdirSync, writeFileSync } from 'node:fs'
import { cpus, release, type } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect, parseArgs } from 'node:util'
import type { Soak } from '../test/soak-plan.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const { values } = parseArgs({ options: { only: { type: 'string' }, seed: { type: 'string' } } })
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
if (!Number.isSafeInteger(seed)) throw new Error(`--seed must be a whole number, not "${values.seed}"`)

const files = globSync('test/soak/*.ts', { cwd: root, exclude: ['**/*.test.ts'] }).sort()
const all = await Promise.all(files.map((file) => import(join(root, file)) as Promise<Soak>))
const chosen = all.filter(({ name }) => values.only === undefined || name === values.only)
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
  const outcome = await run({ seed, log, folder }).then(
    (figures) => ({ good: true, text: Object.entries(figures).map(([figure, value]) => `- ${figure}: ${value}`) }),
    (error: unknown) => ({ good: false, text: ['```', ...inspect(error).split('\n'), '```'] }),
  )
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  if (!outcome.good) failures++
  console.log(`${outcome.good ? '✔' : '✖'} ${name} (${seconds} s)\n${outcome.text.join('\n')}`)
  report.push('', `## ${name}: ${outcome.good ? 'holds' : 'FAILED'} (${seconds} s)`, '', ...outcome.text)
  if (lines.length > 0) report.push('', '```', ...lines, '```')
}
