import { DatabaseSync } from 'node:sqlite'
import { primaryCode, refusalOf } from './database.ts'

/** Errors of locking a folder that can only be read, which nobody changes: SQLITE_READONLY and SQLITE_CANTOPEN. */
const READ_ONLY_CODES = new Set([8, 14])

/**
 * Keeps other processes from locking the same path until `close`, or until this process ends: by a lock on the file,
 * which is created where it is missing. A folder that can only be read needs none. Throws DatabaseInUse, or
 * DatabaseRefused where it cannot be locked.
 */
export function lockPath(path: string): { close(): void } {
  const file = new DatabaseSync(path, { open: false })
  try {
    file.open()
    file.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    if (file.isOpen) file.close()
    if (READ_ONLY_CODES.has(primaryCode(error))) return { close() {} }
    throw refusalOf(path, error)
  }
  return { close: () => file.close() }
}
