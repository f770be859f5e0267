import { createHash } from 'node:crypto'
import type { Dirent } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { UtcMs } from '../media/time.ts'

const DAY_MS = 86_400_000
/** Bytes that file systems allow in a name. */
const MOST_NAME_BYTES = 255

/**
 * The folder of a log group, relative to that of all: a folder for each part of its name. It is below that folder
 * whatever the name is, no two groups have the same, and none has the name of a log file.
 */
export function groupFolder(group: string): string {
  return join(...group.replace(/^\//, '').split('/').map(folderName))
}

function folderName(part: string): string {
  const bytes = Buffer.from(part)
  const name = bytes.toString('latin1').replaceAll(/[^0-9A-Za-z_-]/g, percentEncoded)
  // A percent sign is followed by two digits where it stands for a byte.
  if (name === '') return '%'
  if (name.length <= MOST_NAME_BYTES) return name
  return `%x${createHash('sha256').update(bytes).digest('hex')}`
}

function percentEncoded(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`
}

/** The day of a moment in UTC, as names of log files have it. */
export function dayOf(now: UtcMs): string {
  return new Date(now).toISOString().slice(0, 10)
}

/** The name of a day's first log file, or of one that follows it. */
export function logFileName(day: string, number: number): string {
  return number === 1 ? `${day}.jsonl` : `${day}.${number}.jsonl`
}

const LOG_FILE = /^(\d{4}-\d\d-\d\d)(?:\.([1-9]\d{0,8}))?\.jsonl$/

/** The day and number of a log file; undefined for any other name, as programs give that rotate logs. */
function parseLogFileName(name: string): { readonly day: string; readonly number: number } | undefined {
  const [, day, number = '1'] = LOG_FILE.exec(name) ?? []
  return day === undefined ? undefined : { day, number: Number(number) }
}

/** The number of a day's last log file in a folder; 1 when there is none. */
export async function lastNumber(folder: string, day: string): Promise<number> {
  const files = (await readdir(folder)).map(parseLogFileName)
  return Math.max(1, ...files.map((file) => (file?.day === day ? file.number : 1)))
}

/** Deletes the log files, in a folder and those below it, whose day ended before a moment. Returns their number. */
export async function deleteOldLogs(folder: string, before: UtcMs): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown): Dirent[] => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
  let deleted = 0
  for (const entry of entries) {
    const day = entry.isFile() ? parseLogFileName(entry.name)?.day : undefined
    if (day === undefined || !(Date.parse(day) + DAY_MS <= before)) continue
    await rm(join(entry.parentPath, entry.name), { force: true })
    deleted++
  }
  return deleted
}
