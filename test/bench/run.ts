/** `npm run bench`: every measure beside its peer's, and fails where a ratio is far below its budget. See `USAGE`. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { benchAccel } from './accel.ts'
import { benchAdSignalling } from './ad-signalling.ts'
import { problemsOf, readBudget } from './budget.ts'
import { benchDayOfAds } from './day-of-ads.ts'
import { benchFortnight } from './fortnight.ts'
import { benchFortnightInPostgres } from './fortnight-postgres.ts'
import { benchGrowth } from './growth.ts'
import { benchHarvestFiles } from './harvest-files.ts'
import { benchHarvestHour } from './harvest-hour.ts'
import { benchHarvestInS3 } from './harvest-in-s3.ts'
import { benchHarvestMemory } from './harvest-memory.ts'
import { benchHarvesting } from './harvesting.ts'
import { benchIngesting } from './ingesting.ts'
import { benchIngestingOnTwoCores } from './ingesting-on-two-cores.ts'
import { benchLatency } from './latency.ts'
import { DRIVEN_ON, type Measure } from './measure.ts'
import { benchNodes } from './nodes.ts'
import { benchOperations } from './operations.ts'
import { benchPackaging } from './packaging.ts'
import { benchProtection } from './protection.ts'
import { canBeRecorded, record } from './recorded-runs.ts'
import { benchRemux } from './remux.ts'
import { describeMachine } from './run-description.ts'
import { benchServing } from './serving.ts'
import { benchStart } from './start.ts'
import { benchTimeShift } from './time-shift.ts'

const BENCHES: Readonly<Record<string, () => Promise<Measure[]>>> = {
  remux: async () => {
    const [ours, theirs] = await benchRemux()
    return [{ ...ours!, peer: 'ffmpeg -c copy', peerValue: theirs!.value }]
  },
  start: benchStart,
  latency: benchLatency,
  serving: benchServing,
  'serving by nginx': benchAccel,
  packaging: benchPackaging,
  protection: benchProtection,
  'time shift': benchTimeShift,
  'ad signalling': benchAdSignalling,
  'day of ads': benchDayOfAds,
  fortnight: benchFortnight,
  'fortnight in PostgreSQL': benchFortnightInPostgres,
  growth: benchGrowth,
  harvesting: benchHarvesting,
  'harvest of an hour': benchHarvestHour,
  'harvest of files': benchHarvestFiles,
  'harvest in S3': benchHarvestInS3,
  'harvest memory': benchHarvestMemory,
  ingesting: benchIngesting,
  'two cores': benchIngestingOnTwoCores,
  nodes: benchNodes,
  operations: benchOperations,
}

/** Those that take minutes, and are no part of the summary in docs/performance.md. */
const BY_NAME = new Set([
  'ad signalling',
  'day of ads',
  'fortnight',
  'fortnight in PostgreSQL',
  'growth',
  'harvest of files',
  'harvest in S3',
  'harvest memory',
  'two cores',
  'nodes',
  'operations',
])

/** Serving, packaging and ingest, on one machine and without an archive that has to be written first. */
const QUICK = new Set(['remux', 'latency', 'serving', 'packaging', 'ingesting'])

const listed = (names: readonly string[]) => names.map((name) => `  ${name}\n`).join('')

const USAGE = `npm run bench -- [OPTIONS] [NAME]

Measures Windrow beside its peers on this machine, with the server on one core and its clients on the other. Ends with 1
where a ratio is far below test/bench/budget.json.

  NAME           the bench of that name, or those whose names have it in them; absent: those of the summary, ten minutes
  --quick        some of the summary in fewer rounds, three minutes
  --all          all benches, which takes an hour and more
  --json FILE    writes the figures to a file
  --record NAME  adds the figures to docs/measurements/NAME.json, from which \`npm run docs\` makes tables and charts;
                 one file a machine
  --help         prints this

Benches of the summary:
${listed(Object.keys(BENCHES).filter((name) => !BY_NAME.has(name)))}
Benches that run by name:
${listed([...BY_NAME])}`

const { options, chosen } = readArguments()
const began = new Date()
// The drivers stay off the core that Windrow and its peers are measured on.
execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', DRIVEN_ON, `${process.pid}`], { stdio: 'ignore' })

const budget = readBudget()
const description = describeMachine()
console.log(
  `machine: ${description.machine.map(({ name, value, unit }) => `${name} ${short(value)} ${unit}`).join(', ')}`,
)
const measures: Measure[] = []
let missed = 0
for (const name of chosen) {
  const started = performance.now()
  try {
    for (const measure of await BENCHES[name]!()) {
      measures.push(measure)
      report(measure)
    }
  } catch (error) {
    missed++
    console.log(`✖ ${name}: ${error instanceof Error ? error.stack : String(error)}`)
  }
  console.log(`  ${name} took ${((performance.now() - started) / 1000).toFixed(0)} s`)
}
console.log(`bench: ${((Date.now() - began.getTime()) / 1000).toFixed(0)} s in all`)
const run = { date: began.toISOString(), ...description, measures }
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(run, null, 2)}\n`)
if (options.record !== undefined) console.log(`bench: recorded in ${record(options.record, run)}`)
console.log(missed === 0 ? 'bench: within its budget' : `bench: ${missed} BELOW BUDGET, OR FAILED`)
process.exit(missed === 0 ? 0 : 1)

function readArguments() {
  const { values, positionals } = (() => {
    try {
      return parseArgs({
        options: {
          quick: { type: 'boolean', default: false },
          all: { type: 'boolean', default: false },
          help: { type: 'boolean', default: false },
          json: { type: 'string' },
          record: { type: 'string' },
        },
        allowPositionals: true,
      })
    } catch (error) {
      return refuse((error as Error).message)
    }
  })()
  if (values.help) {
    console.log(USAGE)
    process.exit(0)
  }
  if (positionals.length > 1) refuse(`one name, not ${positionals.length}: put it into quotes`)
  if (values.record !== undefined && !canBeRecorded(values.record)) refuse(`"${values.record}" is no name of a file`)
  const names = namesOf(positionals[0], values)
  if (names.length === 0) refuse(`no bench has "${positionals[0]}" in its name`)
  return { options: values, chosen: names }
}

function namesOf(wanted: string | undefined, { quick, all }: { quick: boolean; all: boolean }): string[] {
  const names = Object.keys(BENCHES)
  if (wanted !== undefined) return names.includes(wanted) ? [wanted] : names.filter((name) => name.includes(wanted))
  if (all) return names
  return names.filter((name) => (quick ? QUICK.has(name) : !BY_NAME.has(name)))
}

function refuse(message: string): never {
  console.error(`bench: ${message}\n\n${USAGE}`)
  process.exit(2)
}

function report(measure: Measure): void {
  const { name, value, unit, peer, peerValue, ratio, note } = measure
  const problems = problemsOf(measure, budget[name])
  if (problems.length > 0) missed++
  const figures = `${short(ratio)}× ${peer} (${short(value)} against ${short(peerValue)} ${unit})`
  console.log(
    `${problems.length > 0 ? '✖' : '✔'} ${name}: ${[figures, ...(note === undefined ? [] : [note]), ...problems].join(', ')}`,
  )
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
