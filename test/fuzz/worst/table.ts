import { type Cost, costOf, cpuCostOf, growth, slowness, type WorstInput } from './judge.ts'

/** Milliseconds that an input may hold the event loop, on the machine for which figures are stated. */
const LONGEST_HOLD_MS = 50

/** What is faster is not judged by its growth: most of it is the same for every size. */
const LEAST_JUDGED_MS = 4

/**
 * Bytes in a millisecond: what is read as fast is not judged by its growth either. It waits for memory, which is slower
 * where the bytes are too many for the processor's caches.
 */
const MEMORY_BYTES_PER_MS = 500_000

export type Row = {
  readonly input: WorstInput
  /** The largest size measured, and what it cost. */
  readonly size: number
  readonly cost: Cost
  /** The exponent of growth from the smallest size; undefined where the cost is too small to tell. */
  readonly exponent: number | undefined
}

export type Measuring = {
  /** Bytes, in ascending order. */
  readonly sizes: readonly number[]
  /** Readings of each input, of which the least cost counts. */
  readonly rounds: number
  readonly mostExponent: number
}

/** Measures an input; the exponent is fitted from the smallest size of which the cost can be told. */
async function measured(
  input: WorstInput,
  sizes: readonly number[],
  cost: (size: number) => Promise<Cost>,
): Promise<Row> {
  const costs: { size: number; ms: number; cost: Cost }[] = []
  for (const size of new Set(sizes.map((each) => Math.min(each, input.most)))) {
    const found = await cost(size)
    costs.push({ size, ms: found.ms, cost: found })
  }
  const largest = costs.at(-1)!
  const from = costs.find(({ ms }) => ms >= LEAST_JUDGED_MS / 16)
  const isSlow = largest.ms >= LEAST_JUDGED_MS && largest.size / largest.ms < MEMORY_BYTES_PER_MS
  const isJudged = from && largest.size / from.size >= 4 && isSlow
  return { input, size: largest.size, cost: largest.cost, exponent: isJudged ? growth(from, largest) : undefined }
}

/** What is wrong with a row, as a sentence; undefined when nothing is. */
async function faultOf({ input, size, cost, exponent = 0 }: Row, mostExponent: number): Promise<string | undefined> {
  const name = `${input.reader}: ${input.name}, ${size} bytes`
  if (cost.holdMs > LONGEST_HOLD_MS && cost.holdMs > LONGEST_HOLD_MS * (await slowness())) {
    return `${name}: holds the event loop for ${cost.holdMs.toFixed(0)} ms`
  }
  if (exponent > mostExponent) return `${name}: ${cost.ms.toFixed(0)} ms grow by the power of ${exponent.toFixed(2)}`
  return undefined
}

/** How much larger the sizes are from which growth is told again: what is the same for every size weighs less there. */
const LARGER = 8

/**
 * Measures an input: in a few readings, and where something seems to be wrong with it, in CPU time. What still seems to
 * grow too fast must do so beyond the largest size too.
 */
export async function judged(
  input: WorstInput,
  { sizes, rounds, mostExponent }: Measuring,
): Promise<{ readonly row: Row; readonly fault: string | undefined }> {
  const quick = await measured(input, sizes, (size) => costOf(input, size, rounds))
  if ((await faultOf(quick, mostExponent)) === undefined) return { row: quick, fault: undefined }
  const inCpuTime = (measuredSizes: readonly number[]) =>
    measured(input, measuredSizes, (size) => cpuCostOf(input, size))
  const row = await inCpuTime(sizes)
  if ((row.exponent ?? 0) <= mostExponent) return { row, fault: await faultOf(row, mostExponent) }
  const largest = sizes.at(-1)!
  const { exponent = row.exponent } = await inCpuTime([largest, LARGER * largest])
  return { row: { ...row, exponent }, fault: await faultOf({ ...row, exponent }, mostExponent) }
}

export function rowText({ input, size, cost, exponent }: Row): string {
  const [ms, hold] = [cost.ms.toFixed(1), cost.holdMs.toFixed(1)]
  return `| ${input.reader} | ${input.name} | ${size} | ${ms} | ${hold} | ${exponent?.toFixed(2) ?? '–'} |`
}
