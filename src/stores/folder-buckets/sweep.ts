import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../clock.ts'
import { unlessAbsent } from './errors.ts'

/** What has not been given its name for so long never will be. */
const ABANDONED_MS = 3_600_000

/** Removes what a crash left half-written: all of it, or with a clock, where others may be writing, what is old. */
export async function sweepUploads(folder: string, clock: Clock | undefined): Promise<void> {
  if (!clock) return rm(folder, { recursive: true, force: true })
  for (const name of (await unlessAbsent(readdir(folder))) ?? []) {
    const path = join(folder, name)
    const found = await unlessAbsent(stat(path))
    // A link has the times of its source, but for the one at which it was made.
    if (found && clock() - found.ctimeMs > ABANDONED_MS) await rm(path, { force: true })
  }
}
