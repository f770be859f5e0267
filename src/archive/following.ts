import type { Clock } from '../clock.ts'
import type { ChangedPart } from '../stores/content-feed.ts'

/** What of a channel is read: what it shows, or the states of its inputs as well. */
export type Part = 'shown' | 'whole'

/** Whether what is in memory of a channel is what is stored, as far as this process has heard. */
export class Following {
  private readonly clock: Clock
  private isShownBehind = true
  private isReadingShown = false
  private areInputsBehind = true
  /** True once something has been read. */
  isRead = false
  /** When all was read last. */
  wholeAt = -Infinity

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Notes that another process has changed what is shown, or else only an input. */
  changed(part: ChangedPart): void {
    this.areInputsBehind = true
    if (part === 'shown') this.isShownBehind = true
  }

  /** True while something else may be stored of this part than what has been read. */
  isBehind(part: Part): boolean {
    return this.isShownBehind || (part === 'whole' && this.areInputsBehind)
  }

  /** True while there may be more to show than what has been read. */
  get mayShowMore(): boolean {
    return this.isShownBehind || this.isReadingShown
  }

  /** Does what reads a part of what is stored. */
  async reading<T>(part: Part, work: () => Promise<T>): Promise<T> {
    const [wasShownBehind, wereInputsBehind] = [this.isShownBehind, this.areInputsBehind]
    this.isReadingShown = wasShownBehind
    // What is heard from here on must be read again.
    this.isShownBehind = false
    if (part === 'whole') this.areInputsBehind = false
    try {
      const result = await work()
      this.isRead = true
      if (part === 'whole') this.wholeAt = this.clock()
      return result
    } catch (error) {
      this.isShownBehind ||= wasShownBehind
      this.areInputsBehind ||= wereInputsBehind
      throw error
    } finally {
      this.isReadingShown = false
    }
  }
}
