import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../clock.ts'
import { unlessAbsent } from './errors.ts'

/** Age of a file under construction after which it counts as abandoned. */
const ABANDONED_MS = 3_600_000

/**
 * Deletes incomplete files from a crash: all of them, or, given a clock because others may be writing, the old ones.
 */
export async function sweepUploads(folder: string, clock: Clock | undefined): Promise<void> {
  if (!clock) return rm(folder, { recursive: true, force: true })
  for (const name of (await unlessAbsent(readdir(folder))) ?? []) {
    const path = join(folder, name)
    const found = await unlessAbsent(stat(path))
    // A link has the times of its source, except the one at which it was created.
    if (found && clock() - found.ctimeMs > ABANDONED_MS) await rm(path, { force: true })
  }
}
