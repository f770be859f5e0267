import { LruCache } from '../../cache/lru-cache.ts'
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import { type UtcMs, utcMs } from '../../media/time.ts'
import type { CacheFile, CacheFiles } from './cache-files.ts'

/** A file counts as at least so large: this bounds the number of files, each of which takes memory. */
const LEAST_COST = 1 << 16
/** The time of a file is set anew when it was set so long ago, in milliseconds. */
const TOUCHED_EVERY_MS = 600_000
/** Failures of the folder are logged at most so often, in milliseconds. */
const LOGGED_EVERY_MS = 60_000

type Entry = {
  readonly size: number
  /** When its time was set. */
  readonly touchedAt: UtcMs
  /** True for a file that this process has written, or has compared with its checksum. */
  readonly isWhole: boolean
}

/**
 * Which files the cache keeps: as many bytes as it may, those used last. The files of earlier processes are found in
 * the background; until they are, they are used, but not counted. Nothing rejects: a folder that cannot be used holds
 * no files.
 */
export class KeptFiles {
  private readonly files: CacheFiles
  private readonly clock: Clock
  private readonly log: Log
  private readonly entries: LruCache<Entry>
  /** Files used while those of earlier processes are being found, in the order of their last use. */
  private early: Map<string, Entry> | undefined = new Map()
  private isClosing = false
  private loggedAt: UtcMs | undefined
  private readonly finding: Promise<void>

  constructor(files: CacheFiles, { maxBytes, clock, log }: { maxBytes: number; clock: Clock; log: Log }) {
    this.files = files
    this.clock = clock
    this.log = log
    this.entries = new LruCache(maxBytes, { evicted: (key) => void this.tolerant(() => files.remove(key)) })
    this.finding = this.findEarlier()
  }

  /** Opens the file of a key, which then counts as used; undefined when there is none that is whole. */
  async open(key: string): Promise<CacheFile | undefined> {
    const entry = this.early ? this.early.get(key) : this.entries.get(key)
    if (!entry && !this.early) return undefined
    const opened = await this.tolerant(() => this.openWhole(key, entry))
    if (!opened) this.drop(key)
    return opened
  }

  /** Notes that this process has written a file. */
  add(key: string, size: number): void {
    this.note(key, { size, touchedAt: this.clock(), isWhole: true })
  }

  async forget(key: string): Promise<void> {
    this.drop(key)
    await this.tolerant(() => this.files.remove(key))
  }

  /** Resolves as `work` does, or with undefined when it fails, which is logged once in a while. */
  async tolerant<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      const now = this.clock()
      if (this.loggedAt === undefined || Math.abs(now - this.loggedAt) >= LOGGED_EVERY_MS) {
        this.log.warn({ event: 'cache-folder-failed', error }, 'the cache folder cannot be used')
        this.loggedAt = now
      }
      return undefined
    }
  }

  async close(): Promise<void> {
    this.isClosing = true
    await this.finding
  }

  private async openWhole(key: string, entry: Entry | undefined): Promise<CacheFile | undefined> {
    const opened = await this.files.open(key)
    if (!opened) return undefined
    try {
      const { size } = opened
      const isWhole = (entry?.isWhole && entry.size === size) || (await this.files.isWhole(opened))
      if (isWhole) {
        const now = this.clock()
        const touchedAt = entry?.touchedAt ?? utcMs(0)
        const isDue = Math.abs(now - touchedAt) >= TOUCHED_EVERY_MS
        if (isDue) await this.files.touch(opened, now)
        this.note(key, { size, touchedAt: isDue ? now : touchedAt, isWhole })
        return opened
      }
    } catch (error) {
      await opened.file.close()
      throw error
    }
    await opened.file.close()
    await this.files.remove(key)
    return undefined
  }

  private drop(key: string): void {
    this.early?.delete(key)
    this.entries.delete(key)
  }

  private note(key: string, entry: Entry): void {
    this.early?.delete(key)
    if (this.early) this.early.set(key, entry)
    else this.entries.put(key, entry, Math.max(LEAST_COST, entry.size))
  }

  private async findEarlier(): Promise<void> {
    const found: { readonly key: string; readonly entry: Entry }[] = []
    await this.tolerant(async () => {
      for await (const { key, size, usedAt } of this.files.list()) {
        if (this.isClosing) return
        found.push({ key, entry: { size, touchedAt: usedAt, isWhole: false } })
      }
    })
    const early = this.early ?? new Map<string, Entry>()
    this.early = undefined
    const earlier = found.toSorted((a, b) => a.entry.touchedAt - b.entry.touchedAt)
    for (const { key, entry } of earlier) if (!early.has(key)) this.note(key, entry)
    for (const [key, entry] of early) this.note(key, entry)
  }
}
