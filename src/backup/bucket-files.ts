import { constants } from 'node:fs'
import { copyFile, link, lstat, mkdir, readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFile, syncFolder } from '../stores/directory-syncs.ts'
import { NO_LINKS, TOO_MANY_LINKS } from './placing.ts'

/** Shares the bytes where the file system can. */
const COPY_FAST = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE

/**
 * Places the files of buckets that are folders in another folder, by hard links, as they are replaced and never
 * changed, or by durable copies. What `before` has under the same name with the same size and time is linked from
 * there rather than copied. What is deleted meanwhile is left out, and so are links and names that begin with a dot.
 * Resolves to the number of files.
 */
export async function placeBucketFiles(from: string, to: string, before: string | undefined): Promise<number> {
  await mkdir(to, { mode: 0o700, recursive: true })
  let files = 0
  for (const entry of await unlessGone(readdir(from, { withFileTypes: true }), [])) {
    if (entry.name.startsWith('.')) continue
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    const earlier = before === undefined ? undefined : join(before, entry.name)
    if (entry.isDirectory()) files += await placeBucketFiles(source, target, earlier)
    else if (entry.isFile() && (await unlessGone(placeFile(source, target, earlier), false))) files++
  }
  await syncFolder(to)
  return files
}

async function placeFile(source: string, target: string, earlier: string | undefined): Promise<boolean> {
  if (await linked(source, target)) return true
  const { size, mtime } = await lstat(source)
  const kept = earlier === undefined ? undefined : await unlessGone(lstat(earlier), undefined)
  const isSame = kept?.isFile() && kept.size === size && kept.mtimeMs === mtime.getTime()
  if (earlier !== undefined && isSame && (await linked(earlier, target))) return true
  await copyFile(source, target, COPY_FAST)
  await utimes(target, mtime, mtime)
  await syncFile(target)
  return true
}

async function linked(source: string, target: string): Promise<boolean> {
  try {
    await link(source, target)
    return true
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (NO_LINKS.has(code) || code === TOO_MANY_LINKS) return false
    throw error
  }
}

async function unlessGone<T, Gone>(work: Promise<T>, gone: Gone): Promise<T | Gone> {
  try {
    return await work
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return gone
  }
}
