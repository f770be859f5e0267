import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { SerialQueue } from '../concurrency/serial-queue.ts'
import { utcMs } from '../media/time.ts'
import { AppendedFile } from './appended-file.ts'
import type { DroppedLines } from './dropped-lines.ts'
import type { WrittenLines } from './line-batch.ts'
import { dayOf, deleteOldLogs, groupFolder, lastNumber, logFileName } from './log-files.ts'
import { PendingLines } from './pending-lines.ts'
import type { AccessLine, AccessLogSink } from './sink.ts'

/** A batch takes two calls through threads: with 64 KiB, these took a quarter of the CPU of a live playlist. */
const BATCH_SIZE = 256 * 1024
const DELAY_MS = 200
/** How often it is looked whether a file is still the one at its path. */
const LOOK_MS = 1000
/** Files that stay open; those of more log groups are opened for each batch. */
const MOST_OPEN = 16
const FOLDER_MODE = 0o750

const LINE_FEED = 0x0a

export type FileSinkOptions = {
  readonly folder: string
  /** The size beyond which a file is followed by another one. */
  readonly mostFileBytes: number
  /** For how long a file is kept after its day. */
  readonly retentionMs: number
  /** By which files get their days. */
  readonly date: Clock
  readonly steady: Clock
  readonly dropped: DroppedLines
}

/** The file that a log group is written to. */
type Current = {
  readonly file: AppendedFile
  readonly day: string
  readonly number: number
  lookedAt: number
  /** Whether nothing was at its path when that was looked at last. */
  isMissing: boolean
}

/**
 * Writes access logs to files, `<folder>/<log group>/<day>.jsonl`. A file that is long enough is followed by
 * `<day>.2.jsonl`, and so on: none is renamed.
 */
export class FileSink implements AccessLogSink {
  private readonly options: FileSinkOptions
  private readonly pending: PendingLines
  private readonly open = new Map<string, Current>()
  /** In which files are opened, written and closed: a disk that does not answer takes one thread of Node's pool. */
  private readonly turns = new SerialQueue()

  constructor(options: FileSinkOptions) {
    this.options = options
    this.pending = new PendingLines({
      delayMs: DELAY_MS,
      batchSize: BATCH_SIZE,
      dropped: options.dropped,
      write: (group, lines) => this.turns.run(() => this.append(group, lines)),
    })
  }

  write(group: string, line: AccessLine): void {
    this.pending.add(group, line)
  }

  /** Resolves when all lines so far are in their files, or dropped. */
  flush(): Promise<void> {
    return this.pending.flush()
  }

  async reopen(): Promise<void> {
    await this.pending.flush()
    await this.turns.run(async () => {
      for (const group of this.open.keys()) await this.closeFile(group)
    })
  }

  close(): Promise<void> {
    return this.reopen()
  }

  /** Deletes the files of days that are over for as long as files are kept. */
  async deleteOld(): Promise<void> {
    const { folder, date, retentionMs } = this.options
    await deleteOldLogs(folder, utcMs(date() - retentionMs))
  }

  private async append(group: string, { bytes }: WrittenLines): Promise<void> {
    let left = bytes
    try {
      const { file } = await this.fileFor(group, bytes.length)
      const appended = await file.append(bytes)
      left = bytes.subarray(appended.bytes)
      if ('error' in appended) throw appended.error
      if (this.open.size > MOST_OPEN) await this.closeFile(group)
    } catch (error) {
      this.options.dropped.count(linesIn(left), error)
      // Opening it anew repairs it, if it can be.
      await this.closeFile(group)
    }
  }

  private async fileFor(group: string, length: number): Promise<Current> {
    const { date, mostFileBytes } = this.options
    const day = dayOf(date())
    let current = this.open.get(group)
    if (current && (current.day !== day || !(await this.isInPlace(current)))) {
      await this.closeFile(group)
      current = undefined
    }
    current ??= await this.openFile(group, day)
    for (
      let size = await current.file.size();
      size > 0 && size + length > mostFileBytes;
      size = await current.file.size()
    ) {
      const next: number = current.number + 1
      await this.closeFile(group)
      current = await this.openFile(group, day, next)
    }
    return current
  }

  /**
   * Whether a file is still the one at its path. Where there is none, a program that rotates logs may be about to make
   * one, and gets another second for it.
   */
  private async isInPlace(current: Current): Promise<boolean> {
    const now = this.options.steady()
    if (now - current.lookedAt < LOOK_MS) return true
    current.lookedAt = now
    const found = await current.file.atPath()
    const wasMissing = current.isMissing
    current.isMissing = found === 'missing'
    return found === 'same' || (found === 'missing' && !wasMissing)
  }

  private async openFile(group: string, day: string, number?: number): Promise<Current> {
    const { folder: all, steady } = this.options
    const folder = join(all, groupFolder(group))
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE })
    const opened = number ?? (await lastNumber(folder, day))
    const file = await AppendedFile.open(join(folder, logFileName(day, opened)))
    const current = { file, day, number: opened, lookedAt: steady(), isMissing: false }
    this.open.set(group, current)
    return current
  }

  private async closeFile(group: string): Promise<void> {
    const current = this.open.get(group)
    this.open.delete(group)
    // Looks as well whether it has just been copied and truncated.
    await current?.file.size().catch(() => {})
    await current?.file.close().catch(() => {})
  }
}

function linesIn(bytes: Uint8Array): number {
  let lines = 0
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) lines++
  return lines
}
