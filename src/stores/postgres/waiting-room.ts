import { StoreUnavailable } from '../resources.ts'

/**
 * Admits a limited number of requests at a time, in the order of arrival; the others wait, for any length of time.
 */
export class WaitingRoom {
  private readonly mostWaiting: number
  private readonly waiting: PromiseWithResolvers<void>[] = []
  private free: number

  constructor({ atOnce, mostWaiting }: { atOnce: number; mostWaiting: number }) {
    this.free = atOnce
    this.mostWaiting = mostWaiting
  }

  /**
   * Resolves when it is the caller's turn; the caller must then call `leave`. Rejects with StoreUnavailable when too
   * many wait.
   */
  async enter(): Promise<void> {
    if (this.free > 0) {
      this.free--
      return
    }
    if (this.waiting.length >= this.mostWaiting) {
      throw new StoreUnavailable(`${this.mostWaiting} requests are already waiting for the database`)
    }
    const turn = Promise.withResolvers<void>()
    this.waiting.push(turn)
    await turn.promise
  }

  leave(): void {
    const next = this.waiting.shift()
    if (next) next.resolve()
    else this.free++
  }

  /** Rejects all requests that wait now; later ones are admitted as before. */
  dismiss(reason: unknown): void {
    for (const { reject } of this.waiting.splice(0)) reject(reason)
  }
}
