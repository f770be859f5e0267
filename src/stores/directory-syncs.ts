import { open } from 'node:fs/promises'

/** Syncs folders. Calls that arrive while a folder is being synced share the next sync of it. */
export class DirectorySyncs {
  private readonly running = new Map<string, Promise<void>>()
  private readonly next = new Map<string, Promise<void>>()

  /** Resolves when every entry created in `folder` before the call is on disk. */
  sync(folder: string): Promise<void> {
    const running = this.running.get(folder)
    if (!running) return this.run(folder)
    const waiting = this.next.get(folder)
    if (waiting) return waiting
    const start = () => {
      this.next.delete(folder)
      return this.run(folder)
    }
    const next = running.then(start, start)
    this.next.set(folder, next)
    return next
  }

  private run(folder: string): Promise<void> {
    const run = syncFolder(folder).finally(() => {
      if (this.running.get(folder) === run) this.running.delete(folder)
    })
    this.running.set(folder, run)
    return run
  }
}

/** Resolves when every entry of `folder` is on disk. */
export function syncFolder(folder: string): Promise<void> {
  return syncFile(folder)
}

/** Resolves when the bytes of a file are on disk. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
