/** Tells those who draw that something which is drawn has come. */
export class Drawn {
  private readonly listeners = new Set<() => void>()
  private count = 0

  /** How often something has come. */
  get version(): number {
    return this.count
  }

  readonly changed = (): void => {
    this.count++
    for (const listener of this.listeners) listener()
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}
