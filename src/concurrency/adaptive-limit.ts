/** How many pieces of work may be under way at the same time, now: one at least. */
export type Limit = { readonly limit: number }

export type AdaptiveLimitOptions = {
  /** The limit to begin with. */
  readonly first: number
  readonly most: number
  /** Units that may be under way at the same time where the limit is above `first`, by what work has had so far. */
  readonly mostUnits: number
}

/** A period takes this long at least. */
const LEAST_PERIOD_MS = 500
/** Each piece of work that may be under way is done so many times in a period. */
const TURNS = 2
/** A higher limit stays only where it gets so much more done. */
const LEAST_GAIN = 1.1
const STEP = 1.5
/** Periods between a trial that gained nothing and the next. */
const PERIODS_OF_REST = 8
const NOTHING_DONE = { count: 0, units: 0, took: 0 }

/**
 * Finds how much work another machine takes at the same time. The limit is raised step by step as long as that gets
 * more units done in the same time; where it does not, it goes back, and is tried again later. It is halved when the
 * other machine asks for less.
 */
export class AdaptiveLimit implements Limit {
  private readonly options: AdaptiveLimitOptions
  private current: number
  /** The limit before the trial that is under way, and units a millisecond with it. */
  private before: { readonly limit: number; readonly rate: number } | undefined
  private periodsOfRest = 0
  /** Work still to be done that tells nothing of the limit: begun with the one before, or first in a queue. */
  private settling = 0
  /** True while what is settling was begun before the limit was halved. */
  private isHalved = false
  private period = { ...NOTHING_DONE }

  constructor(options: AdaptiveLimitOptions) {
    this.options = options
    this.current = options.first
  }

  get limit(): number {
    return this.current
  }

  /** Notes that work of so many units was done, and how many milliseconds it took. */
  done(units: number, took: number): void {
    if (this.settling > 0) {
      this.settling--
      return
    }
    this.isHalved = false
    const { period, current } = this
    period.count++
    period.units += units
    period.took += took
    if (period.count < TURNS * current || period.took < LEAST_PERIOD_MS * current) return
    this.period = { ...NOTHING_DONE }
    this.judge((current * period.units) / period.took, period.units / period.count)
  }

  /** Notes that the other machine has asked for less. Once is enough for all work that is under way. */
  refused(): void {
    if (this.isHalved) return
    this.isHalved = true
    this.before = undefined
    this.periodsOfRest = PERIODS_OF_REST
    this.change(Math.max(1, Math.floor(this.current / 2)))
  }

  private judge(rate: number, unitsEach: number): void {
    const { before } = this
    if (before && rate < before.rate * LEAST_GAIN) {
      this.before = undefined
      this.periodsOfRest = PERIODS_OF_REST
      this.change(before.limit)
    } else if (this.periodsOfRest > 0) this.periodsOfRest--
    else this.raise(rate, unitsEach)
  }

  private raise(rate: number, unitsEach: number): void {
    const { first, most, mostUnits } = this.options
    const fitting = Math.max(first, Math.floor(mostUnits / Math.max(1, unitsEach)))
    const limit = this.current
    const next = Math.min(Math.ceil(limit * STEP), most, fitting)
    this.before = next > limit ? { limit, rate } : undefined
    if (next !== limit) this.change(next)
  }

  private change(limit: number): void {
    this.settling = this.current + limit
    this.period = { ...NOTHING_DONE }
    this.current = limit
  }
}
