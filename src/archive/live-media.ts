import { LruCache } from '../cache/lru-cache.ts'
import type { Clock } from '../clock.ts'
import { Pool } from '../concurrency/pool.ts'
import { inOrder, type OutputSegment } from '../model/output-segment.ts'
import type { StoredBytes } from '../model/source-segment.ts'
import type { ProvenObjects } from '../stores/proven-objects.ts'
import type { ChannelContent } from './channel-content.ts'

/** The time for which a channel is followed after its media were asked for. */
const FOLLOWED_MS = 30_000
/** A stream is followed when it was asked for in one of so many segments before the new one. */
const LATELY_SEGMENTS = 8
/** The newest segments that are read of an output timeline, should more of them have come at once. */
const MOST_SEGMENTS = 3
/** Objects read at the same time. */
const AT_ONCE = 4
/** Objects that may wait to be read: behind more, the newest would come too late. */
const MOST_WAITING = 64
/** Keys of objects that were asked for, and channels, that are remembered. */
const MOST_REMEMBERED = 10_000

/** How the archive gives the bytes of objects. */
type Reads = Pick<ProvenObjects, 'read' | 'open' | 'openProven'>

export type LiveMediaDeps = {
  /** Reads an object, after which it is in memory. */
  readonly read: ProvenObjects['read']
  readonly clock: Clock
}

/** A channel of which media were asked for. */
type Followed = {
  /** The last time. */
  readonly askedAt: number
  /** The newest output segment of each output timeline that has been looked at. */
  readonly seen: Map<number, number>
}

/**
 * Reads the media of new output segments into memory before anybody asks for them, where the store is far: those of
 * streams whose media was asked for at this process lately. So the live edge is still played while the store does not
 * answer, and nobody waits for it. What cannot be read is left to those who ask for it.
 */
export class LiveMedia {
  private readonly deps: LiveMediaDeps
  private readonly asked = new LruCache<true>(MOST_REMEMBERED)
  private readonly channels = new LruCache<Followed>(MOST_REMEMBERED)
  /** Channels that are being looked at; true where more has come since. */
  private readonly looking = new Map<string, boolean>()
  private readonly places = new Pool([...Array(AT_ONCE).keys()])
  /** Looks and reads that are under way. */
  private readonly work = new Set<Promise<unknown>>()
  private reads = 0
  private closed = false

  constructor(deps: LiveMediaDeps) {
    this.deps = deps
  }

  /** These reads, which are noted as asked for. */
  noting({ read, open, openProven }: Reads): Reads {
    const noted =
      <Rest extends unknown[], T>(asked: (object: StoredBytes, ...rest: Rest) => T) =>
      (object: StoredBytes, ...rest: Rest): T => {
        this.note(object)
        return asked(object, ...rest)
      }
    return { read: noted(read), open: noted(open), openProven: noted(openProven) }
  }

  /** Looks for new output segments of a channel that has changed. */
  changed(content: ChannelContent): void {
    if (this.closed || !this.followed(content.guid)) return
    const isBusy = this.looking.has(content.guid)
    this.looking.set(content.guid, isBusy)
    if (!isBusy) this.track(this.look(content))
  }

  /** Resolves when nothing is being read any more. */
  async close(): Promise<void> {
    this.closed = true
    await Promise.all(this.work)
  }

  private note({ key }: StoredBytes): void {
    this.asked.put(key, true, 1)
    const guid = key.slice(0, key.indexOf('/'))
    const { seen = new Map<number, number>() } = this.followed(guid) ?? {}
    this.channels.put(guid, { askedAt: this.deps.clock(), seen }, 1)
  }

  /** What is known of a channel; undefined where nobody has asked for its media lately. */
  private followed(guid: string): Followed | undefined {
    const channel = this.channels.get(guid)
    return channel && this.deps.clock() - channel.askedAt < FOLLOWED_MS ? channel : undefined
  }

  private async look(content: ChannelContent): Promise<void> {
    try {
      do {
        this.looking.set(content.guid, false)
        await content.read()
        if (this.closed) return
        const { seen } = this.followed(content.guid) ?? {}
        for (const { outputTimeline, tail } of content.state.outputs.all()) {
          if (seen && tail) this.readNew(seen, outputTimeline.id, tail.all)
        }
      } while (this.looking.get(content.guid))
    } finally {
      this.looking.delete(content.guid)
    }
  }

  private readNew(seen: Followed['seen'], outputTimeline: number, tail: readonly OutputSegment[]): void {
    const newest = tail.at(-1)
    if (!newest) return
    const known = seen.get(outputTimeline) ?? newest.number - 1
    seen.set(outputTimeline, newest.number)
    const lately = tail.slice(-LATELY_SEGMENTS - MOST_SEGMENTS)
    const asked = new Set(
      lately.flatMap(streamObjects).flatMap(([stream, { key }]) => (this.asked.has(key) ? stream : [])),
    )
    for (const segment of lately.slice(-MOST_SEGMENTS)) {
      if (segment.number <= known) continue
      for (const [stream, object] of streamObjects(segment)) if (asked.has(stream)) this.read(object)
    }
  }

  private read(object: StoredBytes): void {
    if (this.reads >= MOST_WAITING || this.closed) return
    this.reads++
    const reading = this.places.run(async () => this.deps.read(object))
    this.track(
      reading.finally(() => {
        this.reads--
      }),
    )
  }

  private track(work: Promise<unknown>): void {
    const settled = work.catch(() => {}).finally(() => this.work.delete(settled))
    this.work.add(settled)
  }
}

/** The objects of a segment, each with the index of its stream. */
function streamObjects({ slots }: OutputSegment): readonly (readonly [string, StoredBytes])[] {
  return slots.flatMap(({ objects }) =>
    Object.entries(objects).flatMap(([stream, first]) => inOrder(first).map((object) => [stream, object] as const)),
  )
}
