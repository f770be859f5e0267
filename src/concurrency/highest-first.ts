/** Runs pieces of work one after the other; of those that wait, the one with the highest rank begins next. */
export class HighestFirst {
  private readonly waiting: { readonly rank: number; readonly begin: () => void }[] = []
  private isBusy = false

  /** Resolves or rejects as `work` does. */
  async run<T>(rank: number, work: () => Promise<T>): Promise<T> {
    if (this.isBusy) await new Promise<void>((begin) => this.waiting.push({ rank, begin }))
    this.isBusy = true
    try {
      return await work()
    } finally {
      this.isBusy = false
      this.beginNext()
    }
  }

  get isIdle(): boolean {
    return !this.isBusy && this.waiting.length === 0
  }

  private beginNext(): void {
    const highest = this.waiting.reduce((best, { rank }, i) => (rank > this.waiting[best]!.rank ? i : best), 0)
    const [next] = this.waiting.splice(highest, 1)
    if (!next) return
    // Nobody else comes first between this and the beginning of its work.
    this.isBusy = true
    next.begin()
  }
}
