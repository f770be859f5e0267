import type { UtcMs } from '../media/time.ts'
import { isTimedProbe } from '../media/track.ts'
import type { SourceObject } from '../model/source-segment.ts'

/**
 * The number of unlisted objects an input remembers: those of minutes, even with 20 streams. Older ones stay archived,
 * but can no longer be published.
 */
export const MOST_UNLISTED = 10_000

/** Bytes of the SCTE-35 messages that they carry: a few kilobytes for each segment of minutes. */
const MOST_MESSAGE_BYTES = 16 * 1024 * 1024
/** Of a signal, besides the UPID, which its section has as well. */
const SIGNAL_BYTES = 200

/** The newest object put under each name that no playlist has listed yet. */
export class UnlistedObjects {
  /** The objects by name, in the order they were put. */
  private readonly byName = new Map<string, SourceObject>()
  private messageBytes = 0

  constructor(objects: readonly SourceObject[] = []) {
    for (const object of objects) this.add(object)
  }

  get(name: string): SourceObject | undefined {
    return this.byName.get(name)
  }

  add(object: SourceObject): void {
    this.delete(object.name)
    this.byName.set(object.name, object)
    this.messageBytes += messageBytesOf(object)
    while (this.byName.size > MOST_UNLISTED || this.messageBytes > MOST_MESSAGE_BYTES) {
      const [oldest] = this.byName.keys()
      this.delete(oldest!)
    }
  }

  remove({ name, key }: SourceObject): void {
    if (this.byName.get(name)?.key === key) this.delete(name)
  }

  forgetBefore(before: UtcMs): void {
    for (const [name, object] of this.byName) if (object.receivedAt < before) this.delete(name)
  }

  private delete(name: string): void {
    const object = this.byName.get(name)
    if (object && this.byName.delete(name)) this.messageBytes -= messageBytesOf(object)
  }
}

function messageBytesOf({ probe }: SourceObject): number {
  const messages = probe && isTimedProbe(probe) ? (probe.messages ?? []) : []
  return messages.reduce((sum, { section, signals }) => sum + 2 * section.length + SIGNAL_BYTES * signals.length, 0)
}
