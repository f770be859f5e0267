import { randomUUID } from 'node:crypto'
import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SerialQueue } from '../concurrency/serial-queue.ts'

/** Snapshots that are made or waited for at the same time: seldom more than one. */
const MOST_ASKED = 4
/** Snapshots that are kept: whoever asks for one takes it at once, unless it was killed. */
const MOST_KEPT = 2

/** A copy of the index as it was at one moment, for a process on the same machine to take. */
export type IndexSnapshot = {
  readonly id: string
  /** Bytes of its file. */
  readonly size: number
}

/** Port: snapshots of the index of a process that has all in its data folder. */
export type IndexSnapshots = {
  /** Makes a snapshot, which has every change that was durable before the call. */
  create(): Promise<IndexSnapshot | 'too many'>
  /** Deletes a snapshot; false when there is none. */
  remove(id: string): Promise<boolean>
}

const folderIn = (dataFolder: string) => join(dataFolder, 'index-snapshots')
/** The file of a snapshot in a data folder. */
export const snapshotIn = (dataFolder: string, id: string) => join(folderIn(dataFolder), `${id}.db`)

/**
 * Keeps snapshots as files of the data folder until they are deleted, newer ones take their place, or the process
 * starts again. They are made one after the other by `copyIndex`, which copies the index to a file that is not there.
 */
export async function openIndexSnapshots(
  dataFolder: string,
  copyIndex: (path: string) => Promise<void>,
): Promise<IndexSnapshots> {
  const queue = new SerialQueue()
  const kept: string[] = []
  let asked = 0
  await rm(folderIn(dataFolder), { recursive: true, force: true })

  const removeFile = (id: string) => rm(snapshotIn(dataFolder, id), { force: true })

  const make = async () => {
    const id = randomUUID()
    const path = snapshotIn(dataFolder, id)
    await mkdir(folderIn(dataFolder), { recursive: true, mode: 0o700 })
    try {
      await copyIndex(path)
    } catch (error) {
      await removeFile(id)
      throw error
    }
    kept.push(id)
    while (kept.length > MOST_KEPT) await removeFile(kept.shift()!)
    return { id, size: (await stat(path)).size }
  }

  return {
    async create() {
      if (asked >= MOST_ASKED) return 'too many'
      asked++
      return queue.run(make).finally(() => {
        asked--
      })
    },

    async remove(id) {
      const at = kept.indexOf(id)
      if (at === -1) return false
      kept.splice(at, 1)
      await removeFile(id)
      return true
    },
  }
}
