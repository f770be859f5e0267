/** Lets one piece of work begin when the one before it is done, whatever became of that. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve()

  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work, work)
    this.last = turn
    return turn
  }

  /** Resolves when everything begun so far is done. */
  async settled(): Promise<void> {
    await this.last.catch(() => {})
  }
}
