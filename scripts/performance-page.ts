/** The generated sections of docs/performance.md, from the runs in docs/measurements. */
import type { Budgets, Must } from '../test/bench/budget.ts'
import { exponentOf, exponentText, type Measure, median } from '../test/bench/measure.ts'
import type { RecordedMachine, RecordedRun } from '../test/bench/recorded-runs.ts'
import {
  COUNTED_RUNS,
  isGrowth,
  type MeasuredLine,
  type MeasuredOn,
  measuredLines,
  medianAndRange,
  rounded,
  workOf,
} from './measured-lines.ts'
import { performanceCharts } from './performance-charts.ts'

const SUMMARY = 'summary'
const GROWTH = 'growth'
const NONE =
  'No runs are recorded yet: `npm run bench -- --record NAME` adds one, and `npm run docs` makes a table of them.'

/** The page with its generated sections made anew. Throws where it has no place for them. */
export function withMeasurements(page: string, machines: readonly RecordedMachine[], budgets: Budgets): string {
  const lines = measuredLines(machines, budgets)
  const grown = lines.filter(isGrowth)
  const compared = lines.filter((line) => !isGrowth(line))
  const withSummary = withSection(page, SUMMARY, compared.length === 0 ? NONE : summary(machines, compared))
  return withSection(withSummary, GROWTH, grown.length === 0 ? NONE : growth(grown))
}

const begin = (name: string) => `<!-- Written by \`npm run docs\` from docs/measurements: ${name}. -->`
const end = (name: string) => `<!-- End of ${name}. -->`

function withSection(page: string, name: string, text: string): string {
  const [from, to] = [page.indexOf(begin(name)), page.indexOf(end(name))]
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for its ${name}`)
  return `${page.slice(0, from)}${begin(name)}\n\n${text}\n\n${page.slice(to)}`
}

function summary(machines: readonly RecordedMachine[], lines: readonly MeasuredLine[]): string {
  const names = machines.map(({ name }) => `machine ${name}`)
  const rows = lines.map(({ name, unit, peer, budget: { ratio, must }, machines: measured, verdict }) => {
    const work = `${workOf(name)}, ${unit}`
    const wanted = must ? mustText(must, unit) : ''
    const cells = [
      work,
      peer,
      wanted,
      `${ratio}×`,
      ...measured.map((each) => figures(each, must)),
      verdictText(verdict),
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [
    ...machines.map(speeds),
    ...(performanceCharts(lines).has('beside-peers') ? ['![Windrow beside its peers](images/beside-peers.svg)'] : []),
    [
      `| work | peer | must | budget | ${names.join(' | ')} | |`,
      `| --- | --- | --- | --- | ${names.map(() => '---').join(' | ')} | --- |`,
      ...rows,
    ].join('\n'),
    ...reasons(lines),
  ].join('\n\n')
}

function mustText(must: Must, unit: string): string {
  if ('ratio' in must) return `${must.ratio}×`
  return 'least' in must ? `≥ ${must.least} ${unit.split(' ')[0]}` : `≤ ${must.most} ${unit}`
}

/** What the must is about comes first. */
function figures({ measures }: MeasuredOn, must: Must | undefined): string {
  if (measures.length === 0) return '–'
  const of = (figure: (measure: Measure) => number) => measures.map(figure)
  const ratio = medianAndRange(
    of((each) => each.ratio),
    '×',
  )
  const values = of((each) => each.value)
  const peers = rounded(median(of((each) => each.peerValue)))
  return must === undefined || 'ratio' in must
    ? `${ratio}: ${rounded(median(values))} against ${peers}`
    : `${medianAndRange(values)} against ${peers}`
}

function verdictText(verdict: MeasuredLine['verdict']): string {
  return verdict === 'missed' ? '**missed**' : (verdict ?? '')
}

function reasons(lines: readonly MeasuredLine[]): string[] {
  const given = lines.filter(({ verdict, budget }) => verdict !== 'met' && budget.why !== undefined)
  const byReason = Map.groupBy(given, ({ budget }) => budget.why!)
  const items = [...byReason].map(([why, those]) => `- ${those.map(({ name }) => name).join('; ')}: ${why}.`)
  return items.length === 0 ? [] : ['Why a budget is below its must:', items.join('\n')]
}

function speeds({ name, runs: all }: RecordedMachine): string {
  const runs = all.slice(-COUNTED_RUNS)
  const newest = runs.at(-1)!
  const { cores, isVirtual, memoryGiB, machine } = newest
  const said = machine.map(({ name: what, unit }, n) => {
    return `${what} ${rounded(median(runs.map((run) => run.machine[n]!.value)))} ${unit}`
  })
  const what = `${cores} ${isVirtual ? 'virtual ' : ''}cores, ${memoryGiB} GiB of memory`
  return `**Machine ${name}**: ${what}; ${said.join(', ')}. ${countText(runs)}; load before a run ${medianAndRange(runs.map(({ load }) => load))}.`
}

function countText(runs: readonly RecordedRun[]): string {
  const days = runs.map(({ date }) => date.slice(0, 10))
  const [first, last] = [days[0], days.at(-1)]
  return `${runs.length} runs, ${first === last ? first : `${first} to ${last}`}, the last of ${runs.at(-1)!.commit}`
}

/** A row for each machine: what grows, at two sizes. */
function growth(lines: readonly MeasuredLine[]): string {
  const rows = lines.flatMap(({ name, unit, machines }) =>
    machines.flatMap(({ machine, measures }) => {
      const [size] = measures.flatMap((each) => each.growth ?? []).slice(-1)
      if (!size) return []
      const [small, large] = [
        median(measures.map((each) => each.peerValue)),
        median(measures.map((each) => each.value)),
      ]
      const [from, to] = size.sizes
      const more = Math.max(0, (large - small) / (to - from))
      const exponents = measures.map((each) => exponentOf(size.sizes, [each.peerValue, each.value]))
      const cells = [`${name}, ${unit}`, `${from} and ${to} ${size.of}`, rounded(small), rounded(large), rounded(more)]
      return `| ${[...cells, exponentText(median(exponents)), machine].join(' | ')} |`
    }),
  )
  const charts = [...performanceCharts(lines)].filter(([name]) => name !== 'beside-peers')
  return [
    ...charts.map(([name, { title }]) => `![${title}](images/${name}.svg)`),
    [
      '| cost | work | of the less | of the more | for each more | exponent | machine |',
      '| --- | --- | --- | --- | --- | --- | --- |',
      ...rows,
    ].join('\n'),
  ].join('\n\n')
}
