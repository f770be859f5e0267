/** A channel that several nodes write for random tests, and all that must hold of it whichever of them is asked. */
import assert from 'node:assert/strict'
import type { Archive } from '../../src/archive/archive.ts'
import { type UtcMs, utcMs } from '../../src/media/time.ts'
import type { Channel } from '../../src/model/channel.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import { type ArchiveWindow, type Era, type OutputSegment, objectsOf } from '../../src/model/output-segment.ts'
import { hlsEndpoint } from '../origin/sample-endpoints.ts'
import type { SharedNode, SharedStores } from './archive-nodes.ts'
import type { Happening, InputName } from './channel-rehearsal.ts'
import { Invariants, type Shown } from './invariants.ts'
import { EPOCH } from './rehearsal.ts'
import { factsOf, type SegmentFacts } from './segment-facts.ts'

/** What viewers of an endpoint were shown so far, by whichever node. */
class Watched implements Shown {
  readonly published = new Map<number, OutputSegment[]>([[0, []]])
  hasEnded = false
  private readonly eras = new Map<number, Era>()
  /** What was shown under each number. */
  private readonly byNumber = new Map<number, string>()
  private readonly invariants = new Invariants(this, 0)

  outputs(): OutputSegment[] {
    return this.published.get(0)!
  }

  era(id: number): Era | undefined {
    return this.eras.get(id)
  }

  /** Throws when a number refers to something else than before, or to nothing known so far that is not the next. */
  note({ segments, eras, ended }: ArchiveWindow): void {
    this.hasEnded = ended
    for (const era of eras) this.eras.set(era.id, era)
    for (const segment of segments) {
      const { number } = segment
      const before = this.byNumber.get(number)
      if (before === undefined) this.outputs().push(segment)
      else assert.equal(textOf(segment), before, `number ${number} refers to something else`)
      this.byNumber.set(number, textOf(segment))
    }
  }

  look(): Promise<number> {
    return this.invariants.look()
  }
}

export class SharedChannel {
  now: UtcMs = EPOCH
  readonly channel: Channel
  readonly inputs: Readonly<Record<InputName, string>>
  readonly endpoints: OriginEndpoint[] = []
  private readonly shared: SharedStores
  private readonly watched = new Map<string, Watched>()
  /** By the key of each object, its key in the rehearsal. */
  private readonly keys = new Map<string, string>()
  /** The keys of objects whose PUT was answered 201. */
  readonly acknowledged: string[] = []

  constructor(shared: SharedStores, life: number) {
    const guid = (first: string) => `${first}${life.toString(16).padStart(31, '0')}`
    this.shared = shared
    this.inputs = { A: guid('a'), B: guid('b') }
    const { A, B } = this.inputs
    const by = { username: 'u', password: 'p' }
    const ingestEndpoints = [
      { id: A, ...by },
      { id: B, ...by },
    ] as const
    this.channel = { guid: A, id: guid('c'), tags: {}, createdAt: EPOCH, revision: 1, ingestEndpoints }
  }

  async create(): Promise<void> {
    const { resources } = this.shared.stores[0]!
    assert.equal(await resources.createChannel(this.channel, { maxChannels: 9 }), 'created')
  }

  /** A new endpoint, or another revision of it. */
  async endpoint(id: string, durationSeconds: number, revision = 1): Promise<OriginEndpoint> {
    const { id: channelId, guid: channelGuid } = this.channel
    const guid = `${id}${channelGuid.slice(1)}`
    const made = hlsEndpoint({ durationSeconds }, { guid, id: guid, channelId, channelGuid, revision })
    if (revision === 1) await this.shared.stores[0]!.resources.createOriginEndpoint(made, { maxPerChannel: 9 })
    return made
  }

  /** Gives an event to a node. */
  async happens(archive: Archive, happening: Exclude<Happening, { kind: 'tick' | 'restart' }>): Promise<void> {
    const { input, event, object } = happening
    const ref = { channelGuid: this.channel.guid, ingestEndpointId: this.inputs[input] }
    if (event.kind === 'parent playlist') return archive.storeParentPlaylist(ref, event.streams)
    if (event.kind === 'media playlist') return archive.storeMediaPlaylist(ref, event.playlist)
    if (!object) return
    const { key, writer } = await archive.createObject(ref)
    this.keys.set(key, object.key)
    await writer.write(Buffer.from(key))
    await writer.commit()
    await archive.storeSegment(ref, { ...object, key })
    this.acknowledged.push(key)
  }

  /** What all nodes show of an endpoint, which must be the same; and it must break no promise. */
  async shown(nodes: readonly SharedNode[], endpoint: OriginEndpoint): Promise<readonly OutputSegment[]> {
    const [first, ...others] = await Promise.all(nodes.map(({ archive }) => this.window(archive, endpoint)))
    for (const [i, other] of others.entries()) {
      const about = `node ${nodes[i + 1]!.place} shows what node ${nodes[0]!.place} does`
      assert.deepEqual(numbersOf(other?.segments), numbersOf(first?.segments), about)
      assert.deepEqual(other?.texts, first?.texts, about)
    }
    return first?.segments ?? []
  }

  /** What a node shows that may not have heard of all: nothing else than others, at most less. */
  async glance({ archive }: SharedNode, endpoint: OriginEndpoint): Promise<void> {
    await this.window(archive, endpoint)
  }

  /** Throws when something that was shown since the last look breaks a promise to viewers. */
  async look(): Promise<void> {
    for (const watched of this.watched.values()) await watched.look()
  }

  /** Throws unless what is listed is kept, and was sealed since a moment. */
  async checkKept(segments: readonly OutputSegment[], from: number): Promise<void> {
    const slots = segments.flatMap((segment) => segment.slots)
    for (const { sealedAt } of slots) assert.ok(sealedAt >= from, 'it lies outside the retention window')
    const keys = slots.flatMap(objectsOf).map(({ key }) => key)
    assert.deepEqual(await this.shared.stores[0]!.segmentIndex.unknownObjects(keys), [], 'what is listed is kept')
    for (const key of keys) await this.shared.objects.read(key)
  }

  /** Deletes the channel. */
  async remove(): Promise<void> {
    const { resources } = this.shared.stores[0]!
    const { items } = await resources.listOriginEndpoints({ limit: 9, channelId: this.channel.id })
    for (const { id } of items) assert.equal(await resources.deleteOriginEndpoint(id, this.now, 0), 'deleted')
    assert.equal(await resources.deleteChannel(this.channel.id, this.now), 'deleted')
  }

  /** The facts that a rehearsal of the channel knows too. */
  facts(segments: readonly OutputSegment[]): readonly SegmentFacts[] {
    return factsOf(segments, this.keys)
  }

  /** When the object came that is shown last. */
  newestReceived(segments: readonly OutputSegment[], putAt: ReadonlyMap<string, UtcMs>): UtcMs {
    const keys = segments.at(-1)?.slots.flatMap(objectsOf) ?? []
    return utcMs(Math.max(0, ...keys.map(({ key }) => putAt.get(this.keys.get(key) ?? '') ?? 0)))
  }

  private async window(archive: Archive, endpoint: OriginEndpoint) {
    const window = await archive.live(endpoint, 1e6)
    if (!window) return undefined
    const id = `${endpoint.guid}/${endpoint.revision}`
    const watched = this.watched.get(id) ?? new Watched()
    this.watched.set(id, watched)
    watched.note(window)
    const { segments, eras, ended } = window
    return { segments, texts: [...segments.map(textOf), ...eras.map(sortedJson), `${ended}`] }
  }
}

const numbersOf = (segments: readonly OutputSegment[] = []) => segments.map(({ number }) => number)

const texts = new WeakMap<OutputSegment, string>()

/** JSON of a segment, with its fields in one order. */
function textOf(segment: OutputSegment): string {
  const text = texts.get(segment) ?? sortedJson(segment)
  texts.set(segment, text)
  return text
}

function sortedJson(value: object): string {
  return JSON.stringify(value, (_, field: unknown) => {
    if (typeof field !== 'object' || field === null || Array.isArray(field)) return field
    return Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
