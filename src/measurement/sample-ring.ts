/** What is known of a column of samples that are taken together: the sum of all, or the largest of them. */
export type Together = 'sum' | 'largest'

/** One or several samples in one: a number for each column. */
export type SampleRow = {
  /** When it ended, in milliseconds. */
  readonly endsAt: number
  readonly values: Float64Array
}

/** The last samples, in memory that is taken once: 8 bytes for each number, and as many for the time of each sample. */
export class SampleRing {
  private readonly columns: readonly Together[]
  private readonly most: number
  private readonly times: Float64Array
  private readonly values: Float64Array
  /** Samples that were ever added. */
  private added = 0

  constructor(columns: readonly Together[], most: number) {
    this.columns = columns
    this.most = most
    this.times = new Float64Array(most)
    this.values = new Float64Array(most * columns.length)
  }

  /** Adds a sample, which takes the place of the oldest one when there are many enough. */
  add(endsAt: number, values: readonly number[]): void {
    const at = this.added++ % this.most
    this.times[at] = endsAt
    this.values.set(values, at * this.columns.length)
  }

  /**
   * The samples that end after a moment, the oldest first: one for each period of `periodMs` in which some ended.
   * Periods are counted from 1970 on, and a period that goes on after the moment is given whole.
   */
  since(after: number, periodMs: number): readonly SampleRow[] {
    const taken: { period: number; endsAt: number; values: Float64Array }[] = []
    const width = this.columns.length
    for (let n = Math.max(this.added - this.most, 0); n < this.added; n++) {
      const at = n % this.most
      const endsAt = this.times[at]!
      const period = Math.ceil(endsAt / periodMs)
      if (period * periodMs <= after) continue
      const last = taken.at(-1)
      if (last?.period !== period) {
        taken.push({ period, endsAt, values: this.values.slice(at * width, (at + 1) * width) })
        continue
      }
      last.endsAt = endsAt
      for (let column = 0; column < width; column++) {
        const [before, value] = [last.values[column]!, this.values[at * width + column]!]
        last.values[column] = this.columns[column] === 'sum' ? before + value : Math.max(before, value)
      }
    }
    return taken
  }
}
