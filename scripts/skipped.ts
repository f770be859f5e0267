import { missingPrograms, PROGRAM_NAMES, programOf } from '../test/programs.ts'
import { APT_INSTALL } from './debian-packages.ts'
import type { Skipped } from './tally.ts'

/** How many cases were skipped for want of which program; each counts for all that it needs. */
export function skippedByProgram(skipped: readonly Skipped[]): Readonly<Record<string, number>> {
  const counts = PROGRAM_NAMES.map(
    (name) => [name, skipped.filter(({ reason }) => missingPrograms(reason).includes(name)).length] as const,
  )
  const other = skipped.filter(({ reason }) => missingPrograms(reason).length === 0).length
  return Object.fromEntries([...counts, ['other reasons', other] as const].filter(([, count]) => count > 0))
}

/**
 * One line about everything that was skipped, with the command that brings what is missing, and a line for each case
 * that was skipped for something else. `missed` counts those for which everything should have been there.
 */
export function skippedText(skipped: readonly Skipped[]): { text: string; missed: number } {
  if (skipped.length === 0) return { text: '', missed: 0 }
  const byProgram = Object.entries(skippedByProgram(skipped))
  const missing = PROGRAM_NAMES.filter((name) => byProgram.some(([program]) => program === name))
  const isOptional = (reason: string) => {
    const wanted = missingPrograms(reason)
    return wanted.length > 0 && wanted.every((name) => programOf(name).optional === true)
  }
  const expected = missing.filter((name) => programOf(name).optional !== true)
  const packages = [...new Set(expected.flatMap((name) => programOf(name).packages ?? []))]
  const remedies = [
    ...(packages.length > 0 ? [`sudo ${[...APT_INSTALL, ...packages].join(' ')}`] : []),
    ...expected.flatMap((name) => programOf(name).remedy ?? []),
  ]
  const others = skipped.filter(({ reason }) => missingPrograms(reason).length === 0)
  const optional = new Set<string>(missing.filter((name) => !expected.includes(name)))
  const counts = byProgram
    .map(([program, count]) => `${program} (${optional.has(program) ? `optional, ${count}` : count})`)
    .join(', ')
  const brings = remedies.length > 0 ? `; what brings it: ${remedies.join(' && ')}` : ''
  const lines = [
    ...others.map(({ file, name, reason }) => `skipped: ${file}: ${name}: ${reason || 'no reason'}`),
    `skipped ${skipped.length} ${skipped.length === 1 ? 'case' : 'cases'} for want of ${counts}${brings}`,
  ]
  return {
    text: lines.map((line) => `${line}\n`).join(''),
    missed: skipped.filter(({ reason }) => !isOptional(reason)).length,
  }
}
