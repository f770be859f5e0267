import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { type UtcMs, utcMs } from '../media/time.ts'
import { LostMedia } from '../model/lost-media.ts'
import { objectsOf, type SlotObject } from '../model/output-segment.ts'
import type { Objects } from '../stores/objects.ts'
import { type ProvenObjects, provenObjects } from '../stores/proven-objects.ts'
import type { ScrubPosition, ScrubRecord, ScrubSlot } from '../stores/scrub-record.ts'
import type { SegmentReader } from '../stores/segment-reader.ts'
import { sameBytesIn, slotsNear } from './replacements.ts'

export type ScrubDeps = {
  readonly segmentIndex: ScrubRecord & Pick<SegmentReader, 'slotsSealedWithin'>
  /** The objects as players read them: what is repaired is forgotten there. */
  readonly objects: Objects
  /** The same without a cache: a scrub reads what is on the disk, and leaves the caches to viewers. */
  readonly stored: Objects
  /** Is told of each lost object. */
  readonly foundLost?: (key: string) => void
  /** Passes evenly. */
  readonly clock: Clock
  readonly log: Log
  /** Bytes read in a second, on average; 0 for none. */
  readonly bytesPerSecond: number
  /** The least time from the beginning of one pass to that of the next, in milliseconds. */
  readonly intervalMs: number
}

/** Slots read at a time. */
const PAGE = 16
/** How often the position is recorded: what a restart reads once more. */
const RECORD_MS = 30_000
/** The most time that counts at once: a scrub that was held up does not make up for it. */
const MOST_SAVED_MS = 5000
/** Losses remembered, to be logged once. Memory: about 100 bytes each. */
const MOST_REMEMBERED = 10_000

/**
 * Reads all source objects that slots hold, again and again and slowly, and compares them with what the index knows. A
 * lost object gets its bytes back from the other input where that has the same; otherwise it is logged as lost. Reading
 * is asynchronous, and a piece of 512 KiB is hashed in a fraction of a millisecond: the event loop is not held. Memory:
 * a page of slots, and an object while it is repaired.
 */
export class Scrub {
  private readonly deps: ScrubDeps
  private readonly proven: ProvenObjects
  private readonly known = new Set<string>()
  private position: ScrubPosition | undefined
  private found = { objects: 0, bytes: 0, lost: 0, repaired: 0 }
  /** Bytes that may be read now; below 0 after a large object. */
  private allowance = 0
  private last: UtcMs
  private recordedAt: UtcMs

  constructor(deps: ScrubDeps) {
    this.deps = deps
    this.proven = provenObjects(deps.stored)
    this.last = deps.clock()
    this.recordedAt = this.last
  }

  /** Reads as much as the time since the last call allows. Called often. */
  async step(isClosing: () => boolean = () => false): Promise<void> {
    const { clock, bytesPerSecond, intervalMs, segmentIndex } = this.deps
    const now = clock()
    this.allowance += (Math.min(now - this.last, MOST_SAVED_MS) * bytesPerSecond) / 1000
    this.last = now
    let position = this.position ?? (await segmentIndex.scrubPosition()) ?? { slot: 0, began: now }
    if (position.slot === 0 && now < position.began) return this.wait()
    while (this.allowance > 0 && !isClosing()) {
      const page = await segmentIndex.slotsToScrub(position.slot, PAGE)
      for (const slot of page) {
        if (this.allowance <= 0 || isClosing()) break
        await this.scrub(slot)
        position = { ...position, slot: slot.id }
      }
      if (page.length === 0) {
        this.tell()
        position = { slot: 0, began: utcMs(Math.max(now, position.began + intervalMs)) }
      }
      this.position = position
      if (page.length === 0 || now - this.recordedAt >= RECORD_MS) {
        await segmentIndex.recordScrub(position)
        this.recordedAt = now
      }
      if (page.length === 0) return this.wait()
    }
  }

  /** Records how far it has come, for the next process. */
  async close(): Promise<void> {
    if (this.position) await this.deps.segmentIndex.recordScrub(this.position)
  }

  /** What is not read while there is nothing to do is not made up for. */
  private wait(): void {
    this.allowance = Math.min(this.allowance, 0)
  }

  private async scrub(place: ScrubSlot): Promise<void> {
    for (const object of objectsOf(place.slot)) {
      this.allowance -= object.size
      this.found.objects++
      this.found.bytes += object.size
      const loss = await this.lossOf(object)
      if (loss) this.deps.foundLost?.(object.key)
      if (loss && (await this.isKept(place))) await this.mend(place, object, loss)
      else if (!loss) this.known.delete(object.key)
    }
  }

  private async lossOf(object: SlotObject): Promise<LostMedia | undefined> {
    try {
      await this.proven.prove(object)
      return undefined
    } catch (error) {
      if (error instanceof LostMedia) return error
      throw error
    }
  }

  /** False when retention has taken the slot since it was read from the index. */
  private async isKept({ id }: ScrubSlot): Promise<boolean> {
    return (await this.deps.segmentIndex.slotsToScrub(id - 1, 1))[0]?.id === id
  }

  private async mend(place: ScrubSlot, object: SlotObject, { key, reason }: LostMedia): Promise<void> {
    const { log } = this.deps
    const about = { channelGuid: place.channelGuid, era: place.slot.era, startUtc: place.slot.startUtc, key, reason }
    const from = await this.restore(place, object).catch((error: unknown) => {
      log.error({ event: 'object-repair-failed', ...about, error }, 'a lost source object could not be repaired')
      return undefined
    })
    if (from !== undefined) {
      this.found.repaired++
      log.warn({ event: 'object-repaired', ...about, from }, 'a lost source object was repaired from the other input')
      return
    }
    this.found.lost++
    if (this.known.has(key)) return
    if (this.known.size >= MOST_REMEMBERED) this.known.clear()
    this.known.add(key)
    log.error({ event: 'object-lost', ...about }, 'a source object is lost')
  }

  /** Writes an object anew with the same bytes from another key, which it returns. Undefined when there is none. */
  private async restore({ channelGuid, slot }: ScrubSlot, object: SlotObject): Promise<string | undefined> {
    const { segmentIndex, objects } = this.deps
    const { key } = object
    for (const copy of sameBytesIn(await slotsNear(channelGuid, slot, segmentIndex), object)) {
      if (copy.key === key) continue
      const bytes = await this.proven.read(copy).catch(() => undefined)
      if (!bytes) continue
      // First, so that no cache keeps what was there.
      await objects.remove(key)
      const writer = await objects.create(key)
      try {
        await writer.write(Uint8Array.from(bytes))
        await writer.commit()
      } catch (error) {
        await writer.abort().catch(() => {})
        throw error
      }
      return copy.key
    }
    return undefined
  }

  private tell(): void {
    const { found } = this
    this.found = { objects: 0, bytes: 0, lost: 0, repaired: 0 }
    if (found.objects === 0) return
    this.deps.log.info({ event: 'scrub-finished', ...found }, 'all source objects have been read once')
  }
}
