import { type Change, changedThing } from './change.ts'

/** The least time between two changes that are told of one thing, in milliseconds. */
const INTERVALS_MS: Readonly<Record<Change['kind'], number>> = {
  channel: 100,
  content: 1000,
  originEndpoint: 100,
  clip: 100,
  harvestJob: 500,
  harvestSchedule: 100,
  harvestRule: 100,
  // Each has an id of its own.
  event: 0,
  everything: 100,
}

/** Things whose last change is remembered; changes of others are told as they come. */
const MOST_REMEMBERED = 10_000

type Told = { readonly change: Change; readonly at: number; isPending: boolean }

/**
 * Decides which changes are told. The first of a thing is told at once; what follows within the interval of its kind is
 * told once, at the end of that. Times are in milliseconds by any clock that only passes.
 */
export class Coalescing {
  private readonly told = new Map<string, Told>()

  /** True when the change is to be told now; otherwise it is `due` later. */
  put(change: Change, now: number): boolean {
    const key = changedThing(change)
    const before = this.told.get(key)
    if (before && now < before.at + INTERVALS_MS[change.kind]) {
      before.isPending = true
      return false
    }
    if (INTERVALS_MS[change.kind] > 0 && (before || this.told.size < MOST_REMEMBERED)) {
      this.told.set(key, { change, at: now, isPending: false })
    }
    return true
  }

  /** The changes that are to be told at the ends of their intervals, those that have waited for longest first. */
  due(now: number): readonly Change[] {
    const due: Told[] = []
    for (const [key, told] of this.told) {
      if (now < told.at + INTERVALS_MS[told.change.kind]) continue
      if (told.isPending) due.push(told)
      else this.told.delete(key)
    }
    for (const { change } of due) this.told.set(changedThing(change), { change, at: now, isPending: false })
    return due.toSorted((a, b) => a.at - b.at).map(({ change }) => change)
  }
}
