import { readFileSync } from 'node:fs'

/** One line of the report: ours, and a peer's figure from the same interleaved rounds. */
export type Measure = {
  /** Its key in budget.json. */
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly peer: string
  readonly peerValue: number
  /** How many times better than the peer; above 1 is better, whatever the unit. */
  readonly ratio: number
  readonly note?: string
}

/** Rounds of every contender in turn; a machine that is busy for a while is busy for all of them. */
export const ROUNDS = 5

/** Windrow and its peers run on one core, whatever drives them on the other. */
export const SERVED_ON = ['taskset', '--cpu-list', '1']
export const DRIVEN_ON = '0'

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
  if (value === undefined) throw new Error('no values')
  return value
}

/** Runs each contender `ROUNDS` times in turn; gives the median of what each measured. */
export async function interleaved(...contenders: readonly (() => Promise<number>)[]): Promise<number[]> {
  const figures = contenders.map((): number[] => [])
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, contender] of contenders.entries()) figures[index]!.push(await contender())
  }
  return figures.map(median)
}

/** The kernel counts in hundredths of a second. */
const TICKS_PER_SECOND = 100

/** CPU seconds a process has used so far, user and system, all its threads. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name before the last parenthesis may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
