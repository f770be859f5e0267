import { type FileHandle, open, stat } from 'node:fs/promises'
import { missedByCopy } from './missed-by-copy.ts'
import { RecentBytes } from './recent-bytes.ts'

const LINE_FEED = 0x0a
/** Longer than any line. */
const TAIL_BYTES = 128 * 1024
/** Most bytes that are kept of what was appended last. */
const MOST_RECENT_BYTES = 4 * 1024 * 1024
/** Lines have addresses of clients: others than the owner and its group cannot read them. */
const MODE = 0o640

/** What has become of lines that were appended: those up to `bytes` are in the file, the others are not. */
type Appended = { readonly bytes: number; readonly error?: unknown }

/**
 * A file to which lines are appended. It always ends with a whole line: what a failed write, or a process that was
 * killed, has left of one is cut off.
 */
export class AppendedFile {
  private readonly path: string
  private readonly handle: FileHandle
  private readonly identity: string
  /** Bytes that are in the file unless somebody truncates it. */
  private length: number
  /** The last of them. */
  private readonly recent = new RecentBytes(MOST_RECENT_BYTES)

  private constructor(
    path: string,
    handle: FileHandle,
    { dev, ino, size }: { dev: number; ino: number; size: number },
  ) {
    this.path = path
    this.handle = handle
    this.identity = `${dev}:${ino}`
    this.length = size
  }

  /** Opens the file at a path, and makes it when there is none. */
  static async open(path: string): Promise<AppendedFile> {
    const handle = await open(path, 'a+', MODE)
    try {
      const file = new AppendedFile(path, handle, await handle.stat())
      await file.cutTornLine()
      return file
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /**
   * The bytes in the file. Where it has been copied and truncated since the last lines were appended, it gets those
   * that the copy has missed.
   */
  async size(): Promise<number> {
    const { size } = await this.handle.stat()
    if (size >= this.length) return size
    const missed = await missedByCopy(this.path, { tail: this.recent.all(), length: this.length }, size)
    this.recent.clear()
    this.length = size
    const { error } = await this.append(missed)
    if (error !== undefined) throw error
    return this.length
  }

  /**
   * Appends whole lines, whose memory may be used again afterwards. Where that fails, the file has those before the one
   * that could not be written.
   */
  async append(lines: Uint8Array): Promise<Appended> {
    let written = 0
    try {
      while (written < lines.length) written += (await this.handle.write(lines, written)).bytesWritten
      this.note(lines)
      return { bytes: written }
    } catch (error) {
      const whole = written === 0 ? 0 : lines.lastIndexOf(LINE_FEED, written - 1) + 1
      await this.cutTornLine()
      return { bytes: whole, error }
    }
  }

  /** What is at the file's path now: this file, another, or nothing. */
  async atPath(): Promise<'same' | 'other' | 'missing'> {
    try {
      const { dev, ino } = await stat(this.path)
      return `${dev}:${ino}` === this.identity ? 'same' : 'other'
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'missing'
      throw error
    }
  }

  close(): Promise<void> {
    return this.handle.close()
  }

  private note(lines: Uint8Array): void {
    this.length += lines.length
    this.recent.add(lines)
  }

  private async cutTornLine(): Promise<void> {
    const { size } = await this.handle.stat()
    this.length = size
    this.recent.clear()
    const read = Math.min(size, TAIL_BYTES)
    if (read === 0) return
    const tail = Buffer.allocUnsafe(read)
    const { bytesRead } = await this.handle.read(tail, 0, read, size - read)
    const last = tail.subarray(0, bytesRead).lastIndexOf(LINE_FEED)
    // Others have made it shorter meanwhile, or it has no lines.
    if (bytesRead < read || (last === -1 && read < size)) return
    this.length = size - read + last + 1
    if (this.length < size) await this.handle.truncate(this.length)
  }
}
