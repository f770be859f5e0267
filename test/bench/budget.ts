/** What is wanted of each measure: test/bench/budget.json. */
import { readFileSync } from 'node:fs'
import type { Measure } from './measure.ts'

/** What is aimed at: of the ratio at least, or of the value at least or at most. */
export type Must = { readonly ratio: number } | { readonly least: number } | { readonly most: number }

export type Budget = {
  /** What is held: a ratio far below it is a fault. Where no aim is set, what was measured. */
  readonly ratio: number
  /** The most the value itself may be. */
  readonly most?: number
  /** The least that the ratio may be, however much noise there is. */
  readonly least?: number
  readonly must?: Must
  /** Why the budget is below the must. */
  readonly why?: string
}

export type Budgets = Readonly<Record<string, Budget>>

/** Below this part of its budget a ratio has fallen by more than noise. */
const TOLERATED = 0.75

export function readBudget(): Budgets {
  return JSON.parse(readFileSync(new URL('budget.json', import.meta.url), 'utf8')) as Budgets
}

/** How a measure is below its budget. */
export function problemsOf({ value, unit, ratio }: Measure, wanted: Budget | undefined): string[] {
  if (!wanted) return ['has no budget']
  const problems: string[] = []
  if (ratio < wanted.ratio * TOLERATED) problems.push(`below ${TOLERATED * 100} % of ${wanted.ratio}×`)
  if (wanted.least !== undefined && ratio < wanted.least) problems.push(`less than ${wanted.least}×`)
  if (wanted.most !== undefined && value > wanted.most) problems.push(`more than ${wanted.most} ${unit}`)
  return problems
}

export function meets({ value, ratio }: Pick<Measure, 'value' | 'ratio'>, must: Must): boolean {
  if ('ratio' in must) return ratio >= must.ratio
  return 'least' in must ? value >= must.least : value <= must.most
}
