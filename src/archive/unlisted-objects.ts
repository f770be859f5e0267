import type { UtcMs } from '../media/time.ts'
import type { SourceObject } from '../model/source-segment.ts'

/**
 * The number of unlisted objects an input remembers: those of minutes, even with 20 streams. Older ones stay archived,
 * but can no longer be published.
 */
export const MOST_UNLISTED = 10_000

/** The newest object put under each name that no playlist has listed yet. */
export class UnlistedObjects {
  /** The objects by name, in the order they were put. */
  private readonly byName = new Map<string, SourceObject>()

  constructor(objects: readonly SourceObject[] = []) {
    for (const object of objects) this.add(object)
  }

  get(name: string): SourceObject | undefined {
    return this.byName.get(name)
  }

  add(object: SourceObject): void {
    this.byName.delete(object.name)
    this.byName.set(object.name, object)
    const [oldest] = this.byName.size > MOST_UNLISTED ? this.byName.keys() : []
    if (oldest !== undefined) this.byName.delete(oldest)
  }

  remove({ name, key }: SourceObject): void {
    if (this.byName.get(name)?.key === key) this.byName.delete(name)
  }

  forgetBefore(before: UtcMs): void {
    for (const [name, object] of this.byName) if (object.receivedAt < before) this.byName.delete(name)
  }
}
