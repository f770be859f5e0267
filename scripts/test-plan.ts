/** Which test files run, in which order, and which of them share a process. */
import { globSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { declaredNeeds } from '../test/declared-needs.ts'
import { seededRandom } from '../test/judges/random.ts'
import { PROGRAM_NAMES, type ProgramName } from '../test/programs.ts'
import { readSource } from '../test/source-tree.ts'

const ALL = ['src/**/*.test.ts', 'test/**/*.test.ts']

/** Test processes at a time: players and live encoders wait for the clock, so that two cores hold more than two. */
export const PROCESSES = 5

/** What takes longest begins first, so that nothing long is left alone at the end. */
const LONG = [
  'test/e2e/',
  'test/matrix/',
  'test/timeline/',
  'test/judges/',
  'test/harvest/',
  'test/fixtures/',
  'test/program.test.ts',
  'src/stores/',
]

/**
 * Rooms whose tests wait, for disks and sockets, or change the environment: they gain nothing from a shared process.
 */
const WAITING = ['src/stores/', 'src/archive/', 'src/harvest/']

/** How `one-process.ts` is told its files. */
export const ONE_PROCESS_VARIABLE = 'WINDROW_TEST_FILES'

export const ONE_PROCESS = fileURLToPath(new URL('one-process.ts', import.meta.url))

const root = fileURLToPath(new URL('..', import.meta.url))

export type TestPlan = {
  /** Absolute, for node:test, in the order in which they begin. */
  readonly processes: readonly string[]
  /** Absolute: what `ONE_PROCESS` runs. */
  readonly together: readonly string[]
  readonly needs: readonly ProgramName[]
}

/** Of the files that match; all, if there are no patterns. */
export function planTests(patterns: readonly string[], seed: number): TestPlan {
  const files = globSync(patterns.length > 0 ? patterns : ALL, { cwd: root })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => relative(root, resolve(root, file)))
  const needs = new Map(files.map((file) => [file, declaredNeeds(readSource(file))]))
  const isIn = (folders: readonly string[]) => (file: string) => folders.some((folder) => file.startsWith(folder))
  const [isLong, isWaiting] = [isIn(LONG), isIn(WAITING)]
  // A few files are run for what they do alone.
  const sharesProcess = (file: string) =>
    patterns.length === 0 && file.startsWith('src/') && !isWaiting(file) && needs.get(file)!.length === 0
  const order = shuffled([...needs.keys()].toSorted(), seed)
  const alone = order.filter((file) => !sharesProcess(file))
  const together = order.filter(sharesProcess)
  const absolute = (some: readonly string[]) => some.map((file) => join(root, file))
  const [long, short] = [alone.filter(isLong), alone.filter((file) => !isLong(file))]
  return {
    processes: [...absolute(long), ...(together.length > 0 ? [ONE_PROCESS] : []), ...absolute(short)],
    together: absolute(together),
    needs: PROGRAM_NAMES.filter((name) => [...needs.values()].some((some) => some.includes(name))),
  }
}

function shuffled<T>(things: readonly T[], seed: number): T[] {
  const random = seededRandom(seed)
  const left = [...things]
  return things.map(() => left.splice(random.integer(0, left.length - 1), 1)[0]!)
}
