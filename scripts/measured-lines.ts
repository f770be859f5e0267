/** What the recorded runs of `npm run bench` say of each of its lines. */
import { type Budget, type Budgets, meets } from '../test/bench/budget.ts'
import { type Measure, median } from '../test/bench/measure.ts'
import type { RecordedMachine, RecordedRun } from '../test/bench/recorded-runs.ts'

/** Runs of a machine that count: its last. */
export const COUNTED_RUNS = 3

export type MeasuredOn = {
  readonly machine: string
  /** Of the last runs that have the line, the newest last; none where no run has it. */
  readonly measures: readonly Measure[]
}

/** `met`: by each run that counts, of every machine. `not everywhere`: so as far as it was measured. */
export type Verdict = 'met' | 'missed' | 'not everywhere'

export type MeasuredLine = {
  readonly name: string
  readonly unit: string
  readonly peer: string
  readonly budget: Budget
  /** Every machine that is recorded. */
  readonly machines: readonly MeasuredOn[]
  /** Of its must; none where it has none. */
  readonly verdict: Verdict | undefined
}

/** In the order of the budget, which is that of the bench. What is in no budget any more is left out. */
export function measuredLines(machines: readonly RecordedMachine[], budgets: Budgets): MeasuredLine[] {
  return Object.entries(budgets).flatMap(([name, budget]) => {
    const found = machines.map(({ name: machine, runs }) => ({ machine, measures: lastOf(runs, name) }))
    const newest = found.flatMap(({ measures }) => measures.slice(-1))[0]
    if (!newest) return []
    const { unit, peer } = newest
    return [{ name, unit, peer, budget, machines: found, verdict: verdictOn(budget, found) }]
  })
}

function lastOf(runs: readonly RecordedRun[], name: string): Measure[] {
  return runs.flatMap(({ measures }) => measures.filter((each) => each.name === name)).slice(-COUNTED_RUNS)
}

function verdictOn({ must }: Budget, machines: readonly MeasuredOn[]): Verdict | undefined {
  if (!must) return undefined
  if (machines.some(({ measures }) => measures.some((measure) => !meets(measure, must)))) return 'missed'
  return machines.every(({ measures }) => measures.length > 0) ? 'met' : 'not everywhere'
}

/** Whether it is of a cost at two sizes, rather than of Windrow beside a peer. */
export function isGrowth({ machines }: MeasuredLine): boolean {
  return machines.some(({ measures }) => measures.some(({ growth }) => growth !== undefined))
}

/** The name of a line without that of its peer, where it has that. */
export function workOf(name: string): string {
  return name.replace(/, beside .*/, '')
}

/** Two digits are as much as runs on one machine agree in. */
export function rounded(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 2 })
}

/** The median of figures, and their range where that is visible. */
export function medianAndRange(values: readonly number[], unit = ''): string {
  const [least, most] = [rounded(Math.min(...values)), rounded(Math.max(...values))]
  const middle = `${rounded(median(values))}${unit}`
  return least === most ? middle : `${middle} (${least} to ${most})`
}
