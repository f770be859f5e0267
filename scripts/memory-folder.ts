/** A temporary folder in memory, where a machine has room for one: nothing that tests write there waits for a disk. */
import { mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

/** Linux keeps what is here in memory. */
const IN_MEMORY = '/dev/shm'
const TMPFS = 0x01021994
/** Several times what tests leave at a time. */
const LEAST_FREE_BYTES = 8 * 2 ** 30
const PREFIX = 'windrow-test-'

/**
 * Makes the folder that temporary files are in from now on, for this process and those it starts, and removes it when
 * this one ends. Does nothing where `TMPDIR` is set, or where there is no room. What runs that were killed have left is
 * removed as well.
 */
export function useMemoryFolder(): void {
  if (process.env['TMPDIR'] !== undefined || !hasRoom()) return
  for (const name of readdirSync(IN_MEMORY)) {
    if (name.startsWith(PREFIX) && !isRunning(Number(name.slice(PREFIX.length)))) remove(join(IN_MEMORY, name))
  }
  const folder = join(IN_MEMORY, `${PREFIX}${process.pid}`)
  mkdirSync(folder, { mode: 0o711 })
  process.env['TMPDIR'] = folder
  process.on('exit', () => remove(folder))
}

function hasRoom(): boolean {
  try {
    const { type, bavail, bsize } = statfsSync(IN_MEMORY)
    return type === TMPFS && bavail * bsize >= LEAST_FREE_BYTES
  } catch {
    return false
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}
