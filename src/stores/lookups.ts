import { LruCache } from '../cache/lru-cache.ts'
import type { Clock } from '../clock.ts'
import { settledWithin } from '../concurrency/settled-within.ts'
import { SingleFlight } from '../concurrency/single-flight.ts'
import { StoreUnavailable } from './resources.ts'

/** Names under which nothing was found that are remembered. */
const MOST_ABSENT = 10_000
/** For how long one waits to learn whether what was found before is still so. */
const WAIT_MS = 1000

/**
 * What was found in a store, by name. When any of it may have changed, it is looked up again; while the store does not
 * answer, or not soon, what was found before stands for it.
 */
export class Lookups<T extends object> {
  private readonly clock: Clock
  private readonly absentMs: number
  private readonly known: LruCache<{ readonly found: T; readonly epoch: number }>
  private readonly absentUntil = new LruCache<number>(MOST_ABSENT)
  private readonly finding = new SingleFlight<T | undefined>()
  /** Counts how often all was doubted. */
  private epoch = 0
  /** Names of which it is taking long to learn whether they are as they were. */
  private late = new Set<string>()

  /** Remembers the `most` that were used last; for `absentMs` also that there is nothing under a name. */
  constructor({ most, absentMs = 0, clock }: { most: number; absentMs?: number; clock: Clock }) {
    this.known = new LruCache(most)
    this.absentMs = absentMs
    this.clock = clock
  }

  /** What is under a name; undefined where that must be looked up. */
  current(name: string): T | undefined {
    const known = this.known.get(name)
    return known && (known.epoch === this.epoch || this.late.has(name)) ? known.found : undefined
  }

  /** What is under a name, found by `look` where it is not known. Rejects as `look` does. */
  async find(name: string, look: () => Promise<T | undefined>): Promise<T | undefined> {
    const current = this.current(name)
    if (current) return current
    const known = this.known.get(name)
    const absentUntil = this.absentUntil.get(name)
    if (absentUntil !== undefined && this.clock() < absentUntil) return undefined
    const looking = this.finding.run(name, (isCurrent) => this.look(name, look, isCurrent))
    return known ? this.orBefore(name, looking, known.found) : looking
  }

  /** Notes that what is under a name has changed: what was found before does not stand for it. */
  forget(name: string): void {
    this.known.delete(name)
    this.absentUntil.delete(name)
    this.finding.forget(name)
  }

  /** Notes that anything may have changed. */
  doubt(): void {
    this.epoch++
    this.late = new Set()
    this.absentUntil.clear()
    this.finding.forgetAll()
  }

  private async look(
    name: string,
    look: () => Promise<T | undefined>,
    isCurrent: () => boolean,
  ): Promise<T | undefined> {
    const { epoch } = this
    const found = await look()
    // A result overtaken by a change goes to those who asked before the change, and is not kept.
    if (!isCurrent()) return found
    if (found) this.known.put(name, { found, epoch }, 1)
    else {
      this.known.delete(name)
      if (this.absentMs > 0) this.absentUntil.put(name, this.clock() + this.absentMs, 1)
    }
    return found
  }

  private async orBefore(name: string, looking: Promise<T | undefined>, before: T): Promise<T | undefined> {
    const { late } = this
    try {
      const answer = await settledWithin(
        WAIT_MS,
        looking.then((found) => ({ found })),
      )
      if (answer) return answer.found
      late.add(name)
      const isLateNoMore = () => late.delete(name)
      looking.then(isLateNoMore, isLateNoMore)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
    }
    return before
  }
}
