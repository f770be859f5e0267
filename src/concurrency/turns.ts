/** Does the next step; true when the work is done. */
type Step = () => boolean

/**
 * Does work that comes in steps: one step in each turn of the event loop, whoever it is for, so that the process serves
 * others in between. Owners take turns, so that the work of one waits for one step of each other owner at most; what an
 * owner has asked for is done in that order.
 */
export class Turns {
  /** Work that is not done, by owner, in the order of their next turns. */
  private readonly waiting = new Map<string, Step[]>()

  /**
   * Does the first step at once, when the owner has no other work, and the others in turns. Resolves with the result of
   * the work, or rejects as it throws.
   */
  run<T>(owner: string, steps: Generator<void, T, void>): Promise<T> {
    return new Promise((resolve, reject) => {
      const step = () => {
        try {
          const { done, value } = steps.next()
          if (done) resolve(value)
          return done === true
        } catch (error) {
          reject(error)
          return true
        }
      }
      const others = this.waiting.get(owner)
      if (others) others.push(step)
      else if (!step()) this.wait(owner, [step])
    })
  }

  private wait(owner: string, steps: Step[]): void {
    this.waiting.set(owner, steps)
    if (this.waiting.size === 1) setImmediate(() => this.turn())
  }

  private turn(): void {
    for (const [owner, steps] of this.waiting) {
      // Behind those of the others, if anything is left.
      this.waiting.delete(owner)
      if (steps[0]!()) steps.shift()
      if (steps.length > 0) this.waiting.set(owner, steps)
      break
    }
    if (this.waiting.size > 0) setImmediate(() => this.turn())
  }
}
