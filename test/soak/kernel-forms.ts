import { kernelMutants } from '../fuzz/kernel-mutants.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'kernel-forms'

/** Mutants of segments, taken apart by both forms of the kernel (WINDROW_FUZZ_MUTANTS, a million if it is absent). */
export async function run({ seed, log }: SoakContext): Promise<Record<string, number>> {
  const mutants = Number(process.env['WINDROW_FUZZ_MUTANTS'] ?? 1_000_000)
  return { mutants, ...(await kernelMutants(mutants, seed, log)) }
}
