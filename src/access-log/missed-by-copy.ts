import { constants } from 'node:fs'
import { open, readdir, truncate } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const LINE_FEED = 0x0a
/** Bytes by which a copy is known, of which the shortest line has more. */
const LEAST_COMPARED = 256
const MOST_COMPARED = 4096

/** What was appended to a file since it was opened or truncated. */
type AppendedBytes = {
  /** The last of it. */
  readonly tail: Uint8Array
  /** All of it, with what was there before. */
  readonly length: number
}

/**
 * The lines that are lost when a program copies a file and then truncates it, as logrotate does with `copytruncate`:
 * those appended between the two. The copy is found beside the file, by its bytes; where it ends in the middle of a
 * line, that is cut off, and the line is one of those that are returned. `size` is that of the file now.
 */
export async function missedByCopy(path: string, { tail, length }: AppendedBytes, size: number): Promise<Uint8Array> {
  const folder = dirname(path)
  const begin = length - tail.length
  const end = length - size - begin
  for (const name of await readdir(folder)) {
    const copy = join(folder, name)
    const copied = copy === path ? undefined : await copiedBytes(copy, tail.subarray(0, end), begin)
    if (copied === undefined) continue
    const whole = tail.lastIndexOf(LINE_FEED, copied - 1) + 1
    if (whole < copied) await truncate(copy, begin + whole)
    return tail.subarray(whole, end)
  }
  return new Uint8Array(0)
}

/** The number of bytes of `tail`, which began at a position, that a copy has; undefined when it is no copy. */
async function copiedBytes(copy: string, tail: Uint8Array, begin: number): Promise<number | undefined> {
  // A FIFO would wait for its writer.
  const handle = await open(copy, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined)
  if (!handle) return undefined
  try {
    const stat = await handle.stat()
    const copied = stat.size - begin
    if (!stat.isFile() || copied < LEAST_COMPARED || copied > tail.length) return undefined
    const compared = Buffer.alloc(Math.min(copied, MOST_COMPARED))
    await handle.read(compared, 0, compared.length, stat.size - compared.length)
    return compared.equals(tail.subarray(copied - compared.length, copied)) ? copied : undefined
  } finally {
    await handle.close()
  }
}
