/**
 * `npm run bench -- [--quick] [--json FILE] [PART OF A NAME]`: every measure beside its peer's, and the speed of the
 * machine before them; fails where a ratio is far below its budget. `--quick` leaves out all that needs an archive or
 * other servers first.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { benchAccel } from './accel.ts'
import { benchAdSignalling } from './ad-signalling.ts'
import { benchDayOfAds } from './day-of-ads.ts'
import { benchFortnight } from './fortnight.ts'
import { benchFortnightInPostgres } from './fortnight-postgres.ts'
import { benchHarvestFiles } from './harvest-files.ts'
import { benchHarvestHour } from './harvest-hour.ts'
import { benchHarvestInS3 } from './harvest-in-s3.ts'
import { benchHarvestMemory } from './harvest-memory.ts'
import { benchHarvesting } from './harvesting.ts'
import { benchIngesting } from './ingesting.ts'
import { benchIngestingOnTwoCores } from './ingesting-on-two-cores.ts'
import { benchLatency } from './latency.ts'
import { machineSpeeds } from './machine.ts'
import { DRIVEN_ON, type Measure } from './measure.ts'
import { benchNodes } from './nodes.ts'
import { benchOperations } from './operations.ts'
import { benchPackaging } from './packaging.ts'
import { benchProtection } from './protection.ts'
import { benchRemux } from './remux.ts'
import { benchServing } from './serving.ts'
import { benchTimeShift } from './time-shift.ts'

type Budget = {
  /** What is aimed at, or where no aim is set, what was measured. */
  readonly ratio: number
  /** The most the value itself may be. */
  readonly most?: number
  /** The least that the ratio may be, however much noise there is. */
  readonly least?: number
}

/** Below this part of its budget a ratio has fallen by more than noise. */
const TOLERATED = 0.75

const BENCHES: Readonly<Record<string, () => Promise<Measure[]>>> = {
  remux: async () => {
    const [ours, theirs] = await benchRemux()
    return [{ ...ours!, peer: 'ffmpeg -c copy', peerValue: theirs!.value }]
  },
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

/** Serving, packaging and ingest, on one machine and without an archive that has to be written first. */
const QUICK = new Set(['remux', 'latency', 'serving', 'packaging', 'ingesting'])

const budget = JSON.parse(readFileSync(new URL('budget.json', import.meta.url), 'utf8')) as Record<string, Budget>

// The drivers stay off the core that Windrow and its peers are measured on.
execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', DRIVEN_ON, `${process.pid}`], { stdio: 'ignore' })

const { values: options, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
  allowPositionals: true,
})
const [only = ''] = positionals
const speeds = machineSpeeds()
console.log(`machine: ${speeds.map(({ name, value, unit }) => `${name} ${short(value)} ${unit}`).join(', ')}`)
const measures: Measure[] = []
let missed = 0
for (const [name, bench] of Object.entries(BENCHES)) {
  if (!name.includes(only) || (options.quick && !QUICK.has(name))) continue
  for (const measure of await bench()) {
    measures.push(measure)
    report(measure)
  }
}
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify({ machine: speeds, measures }, null, 2)}\n`)
console.log(missed === 0 ? 'bench: within its budget' : `bench: ${missed} BELOW BUDGET`)
process.exit(missed === 0 ? 0 : 1)

function report({ name, value, unit, peer, peerValue, ratio, note }: Measure): void {
  const wanted = budget[name]
  const problems: string[] = []
  if (!wanted) problems.push('has no budget')
  else {
    if (ratio < wanted.ratio * TOLERATED) problems.push(`below ${TOLERATED * 100} % of ${wanted.ratio}×`)
    if (wanted.least !== undefined && ratio < wanted.least) problems.push(`less than ${wanted.least}×`)
    if (wanted.most !== undefined && value > wanted.most) problems.push(`more than ${wanted.most} ${unit}`)
  }
  if (problems.length > 0) missed++
  const figures = `${short(ratio)}× ${peer} (${short(value)} against ${short(peerValue)} ${unit})`
  console.log(
    `${problems.length > 0 ? '✖' : '✔'} ${name}: ${[figures, ...(note === undefined ? [] : [note]), ...problems].join(', ')}`,
  )
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
