import type { Absence } from '../src/archive/reader.ts'

/** What was found; undefined where something is absent, whatever the reason. */
export function found<T extends object>(answer: T | Absence | undefined): T | undefined {
  return typeof answer === 'string' ? undefined : answer
}
