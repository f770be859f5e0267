import { type Change, changedThing } from './change.ts'

/** Things whose last change is kept: some 200 bytes each. */
const MOST_KEPT = 8192

/** A change and its number: each change has the next one. */
export type NumberedChange = { readonly number: number; readonly change: Change }

/**
 * The last changes, for those who were away for a while or read slowly. Of each thing only the last one is kept: who
 * has that needs no earlier one.
 */
export class RecentChanges {
  private readonly most: number
  /** In the order of their numbers. */
  private readonly kept = new Map<string, NumberedChange>()
  private newest: NumberedChange | undefined
  /** The number of the newest change that is not kept any more, and that no later one stands for. */
  private lost = 0

  constructor(most = MOST_KEPT) {
    this.most = most
  }

  /** The number of the newest change; 0 before the first. */
  get last(): number {
    return this.newest?.number ?? 0
  }

  add(change: Change): void {
    this.newest = { number: this.last + 1, change }
    if (change.kind === 'everything') {
      // It stands for all that have changed before.
      this.kept.clear()
      this.lost = 0
    }
    const key = changedThing(change)
    this.kept.delete(key)
    this.kept.set(key, this.newest)
    if (this.kept.size <= this.most) return
    const [oldest, { number }] = this.kept.entries().next().value!
    this.kept.delete(oldest)
    this.lost = number
  }

  /** At most `limit` changes after the one with a number, in their order; undefined when there were others. */
  after(number: number, limit = Infinity): readonly NumberedChange[] | undefined {
    const { newest, last, lost } = this
    if (number < lost || number > last) return undefined
    if (number === last) return []
    // Where most are that follow.
    if (newest && number === last - 1) return [newest]
    const later: NumberedChange[] = []
    for (const each of this.kept.values()) {
      if (each.number <= number) continue
      later.push(each)
      if (later.length >= limit) break
    }
    return later
  }
}
