import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ALL_FAULTS } from '../faults/all-faults.ts'
import { convict, type Verdict } from '../faults/conviction.ts'
import { TreeCopy } from '../faults/tree-copy.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'faults'

/** Names of faults with commas between them; absent: all of them. */
const CHOSEN = process.env['WINDROW_FAULTS']?.split(',')

/** Puts deliberate mistakes into the code, one at a time: a test of the gate notices each. */
export async function run({ log, folder }: SoakContext): Promise<Record<string, string | number>> {
  const unknown = CHOSEN?.filter((chosen) => !ALL_FAULTS.some(({ name: known }) => known === chosen)) ?? []
  if (unknown.length > 0) throw new Error(`WINDROW_FAULTS names no fault: ${unknown.join(', ')}`)
  const faults = ALL_FAULTS.filter((fault) => CHOSEN?.includes(fault.name) ?? true)
  const figures: Record<string, string | number> = {}
  const missed: string[] = []
  const tell = ({ fault, isCaught, seconds, said, output }: Verdict) => {
    writeFileSync(join(folder(), `${fault.name}.txt`), output)
    const { file } = fault.caughtBy
    figures[fault.name] = `${isCaught ? 'caught' : 'NOT CAUGHT'} by ${file} in ${seconds.toFixed(1)} s: ${said}`
    log(`${isCaught ? '✔' : '✖'} ${fault.name} (${seconds.toFixed(1)} s)`)
    if (!isCaught) missed.push(`${fault.name}: ${figures[fault.name]}`)
  }
  await convict(faults, new TreeCopy(), tell, log)
  if (missed.length > 0) throw new Error(`${missed.length} of ${faults.length} faults:\n${missed.join('\n')}`)
  return { faults: faults.length, ...figures }
}
