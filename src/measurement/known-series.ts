/**
 * Series that are made once for each noun, as long as that is as it was, and no series are removed: whoever has kept
 * one that was removed changes nothing by it.
 */
export class KnownSeries<Noun extends object, Series> {
  private readonly make: (noun: Noun) => Series
  private readonly removals: () => number
  private byNoun = new WeakMap<Noun, Series>()
  private removalsSeen = 0

  /** `removals` tells how often series have been removed. */
  constructor(make: (noun: Noun) => Series, removals: () => number) {
    this.make = make
    this.removals = removals
  }

  of(noun: Noun): Series {
    const removals = this.removals()
    if (removals !== this.removalsSeen) this.byNoun = new WeakMap()
    this.removalsSeen = removals
    let series = this.byNoun.get(noun)
    if (series === undefined) {
      series = this.make(noun)
      this.byNoun.set(noun, series)
    }
    return series
  }
}

/** What makes the series of each key once. */
export function madeOnce<Key, Series extends object>(make: (key: Key) => Series): (key: Key) => Series {
  const made = new Map<Key, Series>()
  return (key) => {
    let series = made.get(key)
    if (!series) {
      series = make(key)
      made.set(key, series)
    }
    return series
  }
}
