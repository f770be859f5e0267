import { setTimeout as sleep } from 'node:timers/promises'
import type { ChannelContent } from './channel-content.ts'
import type { Part } from './following.ts'

/** The least time, in milliseconds, from one look at a channel to the next. */
const REST_MS = 20

/**
 * Looks at the index for what another process has committed, though nobody has told of it yet: what is asked for, and
 * is not there, may have been listed by that process a moment ago. All who ask meanwhile share one look.
 */
export class SecondLooks {
  /** By channel and part: the look that has begun, with its rest, and the one that begins when it is over. */
  private readonly begun = new Map<string, Promise<unknown>>()
  private readonly next = new Map<string, Promise<boolean>>()

  /** Resolves after a look that has begun after this was called, to false when the index did not answer soon. */
  look(content: ChannelContent, part: Part): Promise<boolean> {
    const key = `${content.guid} ${part}`
    const waiting = this.next.get(key)
    if (waiting) return waiting
    const look = (this.begun.get(key) ?? Promise.resolve()).then(() => {
      this.next.delete(key)
      content.changedByOther(part === 'shown' ? 'shown' : 'inputs')
      const reading = content.read(part)
      const rest = async () => {
        await sleep(REST_MS, undefined, { ref: false })
        this.begun.delete(key)
      }
      this.begun.set(key, reading.then(rest, rest))
      return reading
    })
    this.next.set(key, look)
    return look
  }
}
