import type { Listeners } from './http/listeners.ts'

/** Makes what is told of the failures of a piece of work in the background. */
export type Failed = (what: string) => (error: unknown) => void

export type Closer = () => Promise<void> | void

/** How a server stops. */
export class Stopping {
  /** Close what was opened, in the order of opening. */
  readonly closers: Closer[] = []
  /** Leave work to other processes, while this one still serves. */
  readonly releasers: (() => Promise<void>)[] = []
  private readonly begun = new AbortController()
  private readonly closing = new AbortController()

  /** Aborted as soon as the server stops. */
  get hasBegun(): AbortSignal {
    return this.begun.signal
  }

  /** Aborted when nothing is served any more. */
  get isClosing(): AbortSignal {
    return this.closing.signal
  }

  /**
   * Releases work, serves for another `delayMs`, lets requests in flight finish, and then closes everything. What
   * cannot be released is passed to `failed`: its lease expires.
   */
  async drain(listeners: Listeners, delayMs: number, failed: (error: unknown) => void): Promise<void> {
    this.begun.abort()
    await Promise.all([listeners.drain(delayMs), ...this.releasers.map((release) => release().catch(failed))])
    await this.closeAll()
  }

  /** Closes everything in the reverse order of opening. */
  async closeAll(): Promise<void> {
    this.closing.abort()
    for (const close of this.closers.splice(0).reverse()) await close()
  }
}
