import { batchesOf, MOST_TOLD, readObject } from '../archive-copy/media.ts'
import { mediaOfRecords } from '../archive-copy/media-of-records.ts'
import type { CopyProgress } from '../archive-copy/progress.ts'
import { forEachConcurrent } from '../concurrency/for-each-concurrent.ts'
import { LostMedia } from '../model/lost-media.ts'
import { openSqliteRecords } from '../stores/sqlite/archive-records.ts'
import { IndexFile } from '../stores/sqlite/index-file.ts'
import type { BackupFolder, Snapshot } from './backup-folder.ts'

const READ_AT_ONCE = 8

export type VerificationReport = {
  /** Names of the snapshots that were verified. */
  readonly snapshots: readonly string[]
  /** Objects that were read, and their bytes. */
  readonly objects: number
  readonly bytes: number
  /** Objects that a snapshot needs, and that are missing, unreadable or damaged; the first of them, each with why. */
  readonly faults: number
  readonly told: readonly string[]
}

/**
 * Reads every object that snapshots need, once, and compares its size and CRC-32 with what their indexes know of it.
 * What the archive had lost before is no fault. Throws DatabaseRefused for the index of another release.
 */
export async function verifySnapshots(
  snapshots: readonly Snapshot[],
  backup: Pick<BackupFolder, 'objects' | 'checkObject'>,
  progress: (progress: CopyProgress) => void,
): Promise<VerificationReport> {
  const report = { objects: 0, bytes: 0, faults: 0 }
  const told: string[] = []
  const newer: IndexFile[] = []
  const tell = (total: number) =>
    progress({ phase: 'media', done: Math.min(report.objects, total), total, bytes: report.bytes })
  let total = 0
  try {
    for (const { index: path } of snapshots) {
      const index = IndexFile.read(path)
      newer.push(index)
      const records = openSqliteRecords(path, { migrates: false, isRead: true })
      try {
        total = Math.max(total, index.objectCount)
        for await (const batch of batchesOf(mediaOfRecords(records))) {
          const unread = newer
            .slice(0, -1)
            .reduce<readonly string[]>((left, each) => each.unnamed(left), [...batch.keys()])
          await forEachConcurrent(unread, READ_AT_ONCE, new AbortController().signal, async (key) => {
            const wanted = batch.get(key)!
            report.objects++
            try {
              await backup.checkObject(key)
              const bytes = await readObject(wanted, backup.objects, sizeOf)
              report.bytes += bytes
            } catch (error) {
              if (!(error instanceof LostMedia)) throw error
              if (index.lacks(key)) return
              report.faults++
              if (told.length < MOST_TOLD) told.push(error.message)
            }
            tell(total)
          })
        }
        total = report.objects
      } finally {
        await records.close()
      }
    }
  } finally {
    for (const index of newer) index.close()
  }
  return { ...report, snapshots: snapshots.map(({ name }) => name), told }
}

async function sizeOf(pieces: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0
  for await (const piece of pieces) size += piece.length
  return size
}
