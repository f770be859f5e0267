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

/** What takes longest begins first, as the shared process does, so that nothing long is left alone at the end. */
const LONG = [
  'test/console/',
  'test/e2e/',
  'test/matrix/',
  'test/timeline/',
  'test/judges/',
  'test/harvest/',
  'test/fixtures/',
  'test/program.test.ts',
  'src/stores/',
]

/** Whose files share a process where they need no programs: its start takes longer than most of them. */
const SHARED = [
  'src/',
  'test/console/',
  'test/contract/',
  'test/deploy.test.ts',
  'test/faults/',
  'test/harvest/',
  'test/judges/',
]

/**
 * Of these, what waits, for disks and sockets, or takes long, or measures its process, gains nothing from a shared one.
 */
const WAITING = [
  'src/archive/archive.test.ts',
  'src/archive/nodes-reading.test.ts',
  'src/archive/several-archives.test.ts',
  'src/archive/two-inputs.test.ts',
  'src/archive/windows.test.ts',
  'src/harvest/assets-in-a-folder.test.ts',
  'src/harvest/encrypted.test.ts',
  'src/harvest/folder-harvest.test.ts',
  'src/harvest/job/',
  'src/harvest/many-eras.test.ts',
  'src/harvest/window/find.test.ts',
  'src/stores/cache-folder/',
  'src/stores/folder-buckets/',
  'src/stores/postgres/steady-clock.test.ts',
  'src/stores/s3/',
  'src/stores/sqlite/',
  'test/judges/disk.test.ts',
  'test/judges/machine.test.ts',
]

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
  const [isLong, isWaiting, isShared] = [isIn(LONG), isIn(WAITING), isIn(SHARED)]
  // A few files are run for what they do alone.
  const sharesProcess = (file: string) =>
    patterns.length === 0 && isShared(file) && !isWaiting(file) && needs.get(file)!.length === 0
  const order = shuffled([...needs.keys()].toSorted(), seed)
  const alone = order.filter((file) => !sharesProcess(file))
  const together = order.filter(sharesProcess)
  const absolute = (some: readonly string[]) => some.map((file) => join(root, file))
  const [long, short] = [alone.filter(isLong), alone.filter((file) => !isLong(file))]
  return {
    processes: [...(together.length > 0 ? [ONE_PROCESS] : []), ...absolute(long), ...absolute(short)],
    together: absolute(together),
    needs: PROGRAM_NAMES.filter((name) => [...needs.values()].some((some) => some.includes(name))),
  }
}

function shuffled<T>(things: readonly T[], seed: number): T[] {
  const random = seededRandom(seed)
  const left = [...things]
  return things.map(() => left.splice(random.integer(0, left.length - 1), 1)[0]!)
}
