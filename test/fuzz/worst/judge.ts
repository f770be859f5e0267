import { threadCpuMs } from '../../judges/cpu-time.ts'

/**
 * What an input costs whoever reads it, in milliseconds: all its steps, and the longest of them, which is how long it
 * holds the event loop.
 */
export type Cost = { readonly ms: number; readonly holdMs: number }

/**
 * Begins to read an input. What it does itself is not measured, and it may be called again. A generator does its work
 * in steps, between which the event loop turns; a function does it in one.
 */
export type Reading = () => Generator<void, unknown, void> | (() => unknown)

/** A kind of input that is made to be hard to read. */
export type WorstInput = {
  readonly name: string
  /** What reads it. */
  readonly reader: string
  /** Bytes that its reader takes at most; where more are asked for, so many are made. */
  readonly most: number
  readonly prepare: (size: number) => Reading
}

/** Names of the errors by which readers refuse what they are given. */
const REFUSALS = [
  'MalformedMedia',
  'MalformedPlaylist',
  'MalformedXml',
  'NoSampleAes',
  'Refusal',
  'RuleViolation',
  'ApiError',
  'SignatureError',
  'UnknownRecordVersion',
  'URIError',
]

/** What each step of one reading takes by a clock, in milliseconds. Throws what is no refusal. */
async function stepsOf(reading: Reading, clock: () => number): Promise<number[]> {
  const work = reading()
  const steps: number[] = []
  for (let isDone = false; !isDone; ) {
    const before = clock()
    try {
      if (typeof work === 'function') {
        await work()
        isDone = true
      } else isDone = work.next().done === true
    } catch (error) {
      if (!REFUSALS.includes((error as Error).name)) throw error
      isDone = true
    }
    steps.push(clock() - before)
  }
  return steps
}

function costOfSteps(steps: readonly number[]): Cost {
  return { ms: steps.reduce((sum, ms) => sum + ms, 0), holdMs: Math.max(...steps) }
}

/**
 * The cost of an input, quickly. Each step counts with the least time it took in several readings: what is more was
 * spent on something else, such as another program, compiling the code or collecting garbage.
 */
export async function costOf(input: WorstInput, size: number, rounds: number): Promise<Cost> {
  const reading = input.prepare(size)
  const least = await stepsOf(reading, () => performance.now())
  for (let round = 1; round < rounds; round++) {
    const steps = await stepsOf(reading, () => performance.now())
    for (const [i, ms] of steps.entries()) least[i] = Math.min(least[i] ?? ms, ms)
  }
  return costOfSteps(least)
}

/** Milliseconds of CPU time, and readings, after which their mean is trusted. */
const [ENOUGH_CPU_MS, MOST_READINGS] = [300, 300]

/** The cost of an input in CPU time, whatever else the machine does: the mean of many readings. */
export async function cpuCostOf(input: WorstInput, size: number): Promise<Cost> {
  const reading = input.prepare(size)
  await stepsOf(reading, threadCpuMs)
  const sums: number[] = []
  let readings = 0
  for (let spent = 0; spent < ENOUGH_CPU_MS && readings < MOST_READINGS; readings++) {
    const steps = await stepsOf(reading, threadCpuMs)
    for (const [i, ms] of steps.entries()) sums[i] = (sums[i] ?? 0) + ms
    spent += costOfSteps(steps).ms
  }
  return costOfSteps(sums.map((sum) => sum / readings))
}

/** The exponent by which a cost grows from one size to another. */
export function growth(from: { size: number; ms: number }, to: { size: number; ms: number }): number {
  return Math.log(to.ms / from.ms) / Math.log(to.size / from.size)
}

/** What `calibration` takes on the machine for which the figures are stated, in milliseconds. */
const REFERENCE_MS = 10

/** How many times as slow this machine is as the one for which the figures are stated; at least 1. */
export async function slowness(): Promise<number> {
  const { ms } = await cpuCostOf({ name: '', reader: '', most: 0, prepare: () => () => calibration }, 0)
  return Math.max(ms / REFERENCE_MS, 1)
}

/** A fixed amount of what readers do: bytes looked at one by one, texts cut, small objects made. */
function calibration(): number {
  const bytes = Buffer.alloc(1_000_000, 'hostile')
  let sum = 0
  for (let i = 0; i < bytes.length; i++) sum = (sum * 31 + bytes[i]!) | 0
  const text = bytes.toString('latin1')
  const found = []
  for (let at = 0; at < text.length; at += 20) found.push({ at, part: text.slice(at, at + 20) })
  return sum + found.length
}
