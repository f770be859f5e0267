/** Nodes of one archive for random tests: each may be cut off from what all share, and come back or not. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type Archive, openArchive } from '../../src/archive/archive.ts'
import type { Log } from '../../src/log.ts'
import { type UtcMs, utcMs } from '../../src/media/time.ts'
import type { ContentFeed, ContentListener } from '../../src/stores/content-feed.ts'
import type { PostgresStore } from '../../src/stores/postgres/postgres-store.ts'
import { StoreUnavailable } from '../../src/stores/resources.ts'
import type { SegmentIndex } from '../../src/stores/segment-index.ts'
import type { MemoryObjects } from '../encoders/memory-objects.ts'

/** How a node is cut off, at one of its calls. */
export const CUTS = ['is killed', 'is frozen', 'loses an answer', 'gets no answer'] as const
export type Cut = (typeof CUTS)[number]

/** What nodes share, through one connection pool for each. */
export type SharedStores = {
  readonly stores: readonly PostgresStore[]
  readonly objects: MemoryObjects
  /** All nodes that there have been, as claims of work name them. */
  readonly owners: string[]
}

/** All calls of one node to what it shares with others. */
class Wire {
  private cut: { readonly kind: Cut; calls: number } | undefined
  private freezing = Promise.withResolvers<'frozen'>()
  private thawing = Promise.withResolvers<void>()
  private isFrozen = false
  isDead = false

  /** Cuts the node off at its call after so many others. */
  cutAfter(calls: number, kind: Cut): void {
    this.cut = { kind, calls }
  }

  get frozen(): Promise<'frozen'> {
    return this.freezing.promise
  }

  get isUp(): boolean {
    return !this.isDead && !this.isFrozen
  }

  /** Ends every trouble. */
  mend(): void {
    this.cut = undefined
    this.isFrozen = false
    this.thawing.resolve()
    this.thawing = Promise.withResolvers()
    this.freezing = Promise.withResolvers()
  }

  guarded<P extends object>(port: P): P {
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...values: unknown[]) => this.call(() => Reflect.apply(value, target, values) as Promise<unknown>)
      },
    })
  }

  private async call(work: () => Promise<unknown>): Promise<unknown> {
    if (this.isDead) throw new StoreUnavailable('the node is gone')
    const kind = this.next()
    if (kind === 'is frozen') {
      this.isFrozen = true
      this.freezing.resolve('frozen')
    }
    if (this.isFrozen) await this.thawing.promise
    if (kind === 'gets no answer') throw new StoreUnavailable('no answer')
    if (kind === 'is killed') this.isDead = true
    const answer = await work()
    if (kind === 'is killed' || kind === 'loses an answer') throw new StoreUnavailable('the answer was lost')
    return answer
  }

  private next(): Cut | undefined {
    if (!this.cut || this.cut.calls-- > 0) return undefined
    const { kind } = this.cut
    this.cut = undefined
    return kind
  }
}

/** Tells what has been committed when it is asked to, and not before. */
class ReadFeed implements ContentFeed {
  private readonly index: Pick<SegmentIndex, 'versionsOf'>
  private readonly listeners = new Set<ContentListener>()
  /** The versions that were told of each channel. */
  private readonly watched = new Map<string, { readonly inputs: string; readonly shown: string }>()

  constructor(index: Pick<SegmentIndex, 'versionsOf'>) {
    this.index = index
  }

  onChange(listener: ContentListener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  watch(channelGuid: string): void {
    if (!this.watched.has(channelGuid)) this.watched.set(channelGuid, { inputs: '', shown: '' })
  }

  unwatch(channelGuid: string): void {
    this.watched.delete(channelGuid)
  }

  async hear(): Promise<void> {
    for (const [guid, before] of this.watched) {
      const { inputs, outputTimelines } = await this.index.versionsOf(guid)
      const now = { inputs: JSON.stringify([...inputs]), shown: JSON.stringify([...outputTimelines]) }
      const part = now.shown !== before.shown ? 'shown' : now.inputs !== before.inputs ? 'inputs' : undefined
      this.watched.set(guid, now)
      if (part) for (const listener of this.listeners) listener(guid, part)
    }
  }
}

export type NodeOptions = {
  readonly place: number
  readonly shared: SharedStores
  readonly now: () => UtcMs
  /** How far its clock is ahead of the others'. */
  readonly aheadMs: number
  readonly liveMs: number
}

/** Longer than any machine takes for a reading. */
const READ_MS = 60_000

/** One process of those that write an archive together. */
export class SharedNode {
  readonly place: number
  readonly archive: Archive
  private readonly wire: Wire
  private readonly feed: ReadFeed
  /** What it was about when it was frozen. */
  private readonly left: Promise<unknown>[] = []

  private readonly complaints: string[]

  private constructor(place: number, archive: Archive, wire: Wire, feed: ReadFeed, complaints: string[]) {
    this.place = place
    this.archive = archive
    this.wire = wire
    this.feed = feed
    this.complaints = complaints
  }

  static async open({ place, shared, now, aheadMs, liveMs }: NodeOptions): Promise<SharedNode> {
    const { segmentIndex, resources, workClaims, stagedObjects, changing } = shared.stores[place]!
    const wire = new Wire()
    const feed = new ReadFeed(segmentIndex)
    const owner = randomUUID()
    shared.owners.push(owner)
    const complaints: string[] = []
    const error: Log['error'] = ({ event, error: reason }) => {
      if (!String(reason).startsWith('StoreUnavailable')) complaints.push(`${event}: ${String(reason)}`)
    }
    const archive = await openArchive({
      segmentIndex: wire.guarded(segmentIndex),
      resources: wire.guarded(resources),
      objects: shared.objects,
      clock: () => utcMs(now() + aheadMs),
      log: { info() {}, warn() {}, error },
      retention: { liveMs, marginMs: 0, graceMs: 0 },
      account: { region: 'eu-west-1', accountId: '111122223333' },
      shared: {
        feed,
        claims: wire.guarded(workClaims),
        staged: wire.guarded(stagedObjects),
        // As a whole: one that was frozen within it would hold up the others.
        changing: wire.guarded({ changing }).changing,
        owner,
        // Time passes by the clock of the life: a node that the machine holds up must not show less for it.
        readMs: READ_MS,
      },
    })
    return new SharedNode(place, archive, wire, feed, complaints)
  }

  get isUp(): boolean {
    return this.wire.isUp
  }

  cutAfter(calls: number, kind: Cut): void {
    this.wire.cutAfter(calls, kind)
  }

  /** Hears of all that has been committed so far. */
  hear(): Promise<void> {
    return this.feed.hear()
  }

  /** False when the node is cut off before the work is done: then it may be done, or be done later, or never. */
  async does(work: (archive: Archive) => Promise<unknown>): Promise<boolean> {
    const working = work(this.archive).then(
      () => true,
      (error: unknown) => {
        if (error instanceof StoreUnavailable) return false
        throw error
      },
    )
    const outcome = await Promise.race([working, this.wire.frozen])
    if (outcome !== 'frozen') return outcome
    this.left.push(working)
    return false
  }

  /** Goes on, if it was frozen; false when it is gone for good. Throws when it has met an error of its own making. */
  async mend(): Promise<boolean> {
    this.wire.mend()
    await Promise.all(this.left.splice(0))
    assert.deepEqual(this.complaints, [], `node ${this.place} logged errors`)
    return !this.wire.isDead
  }
}
