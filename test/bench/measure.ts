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
  /** Of a cost at two sizes of the same work: the peer is the smaller one. */
  readonly growth?: Growth
}

export type Growth = {
  /** What the sizes count, in the plural. */
  readonly of: string
  readonly sizes: Sizes
}

type Sizes = readonly [small: number, large: number]

/** The power of the size that a cost grows with: 1 is in proportion to it, 0 not at all. */
export function exponentOf([small, large]: Sizes, [cost, costOfLarge]: Sizes): number {
  return Math.log(costOfLarge / cost) / Math.log(large / small)
}

/** A tenth is as much as it is known to; there is no zero below zero. */
export function exponentText(exponent: number): string {
  return (Math.round(exponent * 10) / 10 || 0).toFixed(1)
}

/** Rounds of every contender in turn; a machine that is busy for a while is busy for all of them. */
export const ROUNDS = process.argv.includes('--quick') ? 3 : 5

/** Windrow and its peers run on one core, whatever drives them on the other. */
export const SERVED_ON = ['taskset', '--cpu-list', '1']
export const DRIVEN_ON = '0'

/** Of an even number the mean of the two in the middle, which favours nobody. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]]
  if (low === undefined || high === undefined) throw new Error('no values')
  return (low + high) / 2
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
  if (value === undefined) throw new Error('no values')
  return value
}

/** Runs each contender `ROUNDS` times in turn; gives the median of what each measured. */
export async function interleaved(...contenders: readonly (() => Promise<number>)[]): Promise<number[]> {
  return inRounds(ROUNDS, contenders)
}

export async function inRounds(rounds: number, contenders: readonly (() => Promise<number>)[]): Promise<number[]> {
  const figures = contenders.map((): number[] => [])
  for (let round = 0; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) figures[index]!.push(await contender())
  }
  return figures.map(median)
}

const PAIRED_ROUNDS = 15

/** Medians of two contenders, and of their ratio in each round; who comes first alternates. */
export async function paired(
  ours: () => Promise<number>,
  peers: () => Promise<number>,
  rounds = PAIRED_ROUNDS,
): Promise<Pick<Measure, 'value' | 'peerValue' | 'ratio'>> {
  const figures: { value: number; peerValue: number }[] = []
  await ours()
  await peers()
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) {
      const value = await ours()
      figures.push({ value, peerValue: await peers() })
    } else {
      const peerValue = await peers()
      figures.push({ value: await ours(), peerValue })
    }
  }
  return {
    value: median(figures.map(({ value }) => value)),
    peerValue: median(figures.map(({ peerValue }) => peerValue)),
    ratio: median(figures.map(({ value, peerValue }) => value / peerValue)),
  }
}

/** The kernel counts in hundredths of a second. */
const TICKS_PER_SECOND = 100

/** CPU seconds a process has used so far, user and system, all its threads. */
export function cpuSeconds(pid: number): number {
  return timesIn(readFileSync(`/proc/${pid}/stat`, 'utf8')).own
}

/** CPU seconds that processes and all their children have used so far, those that have ended included. */
export function cpuSecondsOfAll(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    try {
      const { own, ended } = timesIn(readFileSync(`/proc/${pid}/stat`, 'utf8'))
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
      return sum + own + ended + cpuSecondsOfAll(children.map(Number))
    } catch {
      // It has ended meanwhile; its parent has its times.
      return sum
    }
  }, 0)
}

/** CPU seconds of a process by its `stat` in /proc, and of those of its children that have ended. */
function timesIn(stat: string): { readonly own: number; readonly ended: number } {
  // The name before the last parenthesis may hold spaces.
  const ticks = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15)
    .map(Number)
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = ticks
  return { own: (user + system) / TICKS_PER_SECOND, ended: (endedUser + endedSystem) / TICKS_PER_SECOND }
}
