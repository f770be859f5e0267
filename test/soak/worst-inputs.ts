import { WORST_INPUTS } from '../fuzz/worst/all.ts'
import { slowness } from '../fuzz/worst/judge.ts'
import { judged, rowText } from '../fuzz/worst/table.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'worst-inputs'

const MEASURING = { sizes: [100_000, 1_000_000, 10_000_000], rounds: 5, mostExponent: 1.1 }

/** What the worst inputs cost, from 0.1 to 10 MB, or as many as their readers take: the table. */
export async function run({ log }: SoakContext): Promise<Record<string, string | number>> {
  const pattern = new RegExp(process.env['WINDROW_WORST_INPUTS'] ?? '')
  const inputs = WORST_INPUTS.filter((input) => pattern.test(`${input.reader}: ${input.name}`))
  log('| reader | input | bytes | ms | longest hold, ms | exponent |')
  log('| --- | --- | --- | --- | --- | --- |')
  const faults: string[] = []
  let [longest, steepest] = [0, 0]
  for (const input of inputs) {
    const { row, fault } = await judged(input, MEASURING)
    log(rowText(row))
    if (fault !== undefined) faults.push(fault)
    longest = Math.max(longest, row.cost.holdMs)
    steepest = Math.max(steepest, row.exponent ?? 0)
  }
  if (faults.length > 0) throw new Error(faults.join('\n'))
  return {
    inputs: inputs.length,
    'longest hold, ms': longest.toFixed(1),
    'largest exponent': steepest.toFixed(2),
    'times as slow as the machine of the figures': (await slowness()).toFixed(2),
  }
}
