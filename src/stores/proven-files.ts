import { stat } from 'node:fs/promises'
import type { Clock } from '../clock.ts'
import { SingleFlight } from '../concurrency/single-flight.ts'
import { LostMedia } from '../model/lost-media.ts'
import type { StoredBytes } from '../model/source-segment.ts'
import type { Objects } from './objects.ts'
import { orLost, type ProvenObjects } from './proven-objects.ts'

/** Files remembered as proven. Memory: about 100 bytes each. */
const MOST_REMEMBERED = 10_000
/** How long a file counts as there once it was looked at: a look takes longer than all the rest of an answer. */
const SEEN_MS = 1000

export type ProvenFilesDeps = {
  readonly stored: Pick<Objects, 'location'>
  readonly prove: ProvenObjects['prove']
  /** Passes evenly. */
  readonly clock: Clock
}

/**
 * Which objects lie whole in local files, for those who have such a file sent unread by others. Each is read and proven
 * once; then its size is looked at, once a second at most.
 */
export class ProvenFiles {
  private readonly deps: ProvenFilesDeps
  /** When each was looked at last, by its key. */
  private readonly seen = new Map<string, number>()
  /** Many viewers ask for a new segment at once. */
  private readonly looks = new SingleFlight<boolean>()

  constructor(deps: ProvenFilesDeps) {
    this.deps = deps
  }

  /** False for an object that is lost as well, of which those tell who open it. */
  async has(object: StoredBytes): Promise<boolean> {
    const seenAt = this.seen.get(object.key)
    if (seenAt !== undefined && this.deps.clock() - seenAt < SEEN_MS) return true
    return this.looks.run(object.key, (isCurrent) => this.look(object, isCurrent))
  }

  /** Has an object that was found to be lost proven again before it counts as whole. */
  distrust(key: string): void {
    this.seen.delete(key)
    this.looks.forget(key)
  }

  private async look(object: StoredBytes, isCurrent: () => boolean): Promise<boolean> {
    const { stored, prove, clock } = this.deps
    const { key, size } = object
    const location = stored.location(key)
    if (location?.kind !== 'file') return false
    try {
      if (!this.seen.has(key)) await prove(object)
      const file = await orLost(key, () => stat(location.path))
      // Tells those who open it that it is damaged.
      if (file.size !== size) await prove(object)
      if (isCurrent()) this.note(key, clock())
      return true
    } catch (error) {
      this.seen.delete(key)
      if (error instanceof LostMedia) return false
      throw error
    }
  }

  private note(key: string, at: number): void {
    if (this.seen.size >= MOST_REMEMBERED) this.seen.clear()
    this.seen.set(key, at)
  }
}
