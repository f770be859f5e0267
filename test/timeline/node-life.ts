/** A life of a channel whose events are given to three nodes, which come and go meanwhile. */
import assert from 'node:assert/strict'
import type { Archive } from '../../src/archive/archive.ts'
import { type UtcMs, utcMs } from '../../src/media/time.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import type { OutputTimelineState } from '../../src/model/output-timeline/state.ts'
import { type Random, seededRandom } from '../judges/random.ts'
import { SharedNode, type SharedStores } from './archive-nodes.ts'
import type { Happening } from './channel-rehearsal.ts'
import { ChannelSimulation } from './channel-simulation.ts'
import { SharedChannel } from './node-channel.ts'
import { isCalm, MOST_AT_ONCE, NODES, type SharedScript, type SharedTurn } from './node-script.ts'
import { EPOCH } from './rehearsal.ts'
import { factsOf, type SegmentFacts } from './segment-facts.ts'

/** Of the endpoints that are there from the beginning, and of one that comes late. */
const DURATIONS = [2, 6]
const LATE = 4
/** How long content is kept where any is forgotten: a few turns. */
const RETENTION_MS = 20_000
/** More than an hour: what is staged for as long is abandoned. */
const LONG_MS = 2 * 3_600_000
/** After this time of undisturbed segments, viewers see what came no longer ago than `BEHIND_MS`. */
const CALM_SEGMENTS = 6
const BEHIND_MS = 12_000
const TICK_MS = 1000
/**
 * In a calm life, each node hears of all that is committed at its own tick of every two seconds, as nodes do though no
 * notice reaches them. One that is deaf for longer gives up later than the rehearsal what is late, and takes it if it
 * has come meanwhile.
 */
const HEAR_MS = 2000
const HEARS_AT_MS = [0, 1000, 1600]

export class SharedLife {
  /** How many events were given to nodes. */
  events = 0
  private readonly script: SharedScript
  private readonly shared: SharedStores
  private readonly channel: SharedChannel
  private readonly nodes: SharedNode[] = []
  private readonly simulation: ChannelSimulation
  private readonly random: Random
  /** Endpoints with the id of their output timeline. */
  private readonly endpoints: { readonly endpoint: OriginEndpoint; readonly id: number }[] = []
  private readonly putAt = new Map<string, UtcMs>()
  private next = 0
  private newestEvent = 'the beginning'

  constructor(shared: SharedStores, life: number, script: SharedScript) {
    this.script = script
    this.shared = shared
    this.random = seededRandom(script.random)
    this.channel = new SharedChannel(shared, life)
    this.simulation = new ChannelSimulation(2, { isLocked: script.isLocked, tickMs: TICK_MS })
  }

  /** Throws when a promise is broken, and says during which event. */
  async live(): Promise<void> {
    try {
      await this.begin()
      const [first, ...turns] = this.script.turns
      if (first) await this.take(first)
      for (const [i, seconds] of DURATIONS.entries())
        await this.open(`e${i}`, seconds, first !== undefined && MOST_AT_ONCE[first.given] > 1)
      for (const [i, turn] of turns.entries()) {
        await this.take(turn)
        if (i === Math.floor(turns.length / 2)) await this.open('e9', LATE, MOST_AT_ONCE[turn.given] > 1)
        if (turn.hears || this.script.forgets) await this.look()
      }
      await this.end()
    } catch (error) {
      if (error instanceof Error) error.message += `\nat event ${this.events}: ${this.newestEvent}`
      throw error
    } finally {
      await Promise.all(this.nodes.map((node) => node.mend().catch(() => {})))
      await Promise.all(this.nodes.map(({ archive }) => archive.close().catch(() => {})))
    }
  }

  private async begin(): Promise<void> {
    await this.channel.create()
    for (let place = 0; place < NODES; place++) this.nodes.push(await this.node(place))
    const { channel } = this.simulation
    channel.log = (['A', 'B'] as const).map((input) => {
      const streams = channel.inputs[input].state.streams ?? []
      return { now: EPOCH, input, event: { kind: 'parent playlist', streams } }
    })
    this.simulation.take({ who: 'A', change: 'nothing', segments: 3 })
    await this.happen('in turn', true)
  }

  private node(place: number): Promise<SharedNode> {
    const { ahead, forgets } = this.script
    // Nodes take what is old out of memory each by its own clock.
    const aheadMs = forgets ? 0 : (ahead[place] ?? 0)
    const now = () => this.channel.now
    const liveMs = forgets ? RETENTION_MS : 1e12
    return SharedNode.open({ place, shared: this.shared, now, aheadMs, liveMs })
  }

  private async take(turn: SharedTurn): Promise<void> {
    this.simulation.take(turn)
    const { given, hears, cut, replaced } = turn
    if (cut) this.nodes[cut.node]!.cutAfter(cut.calls, cut.kind)
    if (replaced !== undefined) await this.replace(replaced)
    await this.happen(given, hears)
  }

  /** Lets happen what the encoders have done since. */
  private async happen(given: SharedTurn['given'], hears: boolean): Promise<void> {
    const all = this.simulation.channel.log?.splice(0) ?? []
    while (all.length > 0) {
      const group = all.splice(0, this.random.integer(1, MOST_AT_ONCE[given]))
      this.channel.now = group.at(-1)!.now
      const isRestart = group.some((happening) => 'kind' in happening && happening.kind === 'restart')
      if (isRestart) await this.restart()
      this.newestEvent = JSON.stringify(group.map(({ now, ...rest }) => ({ seconds: (now - EPOCH) / 1000, ...rest })))
      this.events += group.length
      const nodes = this.order(given)
      if (hears) await Promise.all(nodes.slice(0, group.length).map((node) => node.hear()))
      await Promise.all(group.map((happening, i) => this.give(happening, startingAt(nodes, i))))
      if (this.endpoints.length > 0 && this.random.integer(0, 7) === 0) await this.glance()
    }
  }

  private up(): SharedNode[] {
    return this.nodes.filter(({ isUp }) => isUp)
  }

  /** The nodes that are up, first the one whose turn it is. */
  private order(given: SharedTurn['given']): SharedNode[] {
    const up = this.up()
    const first = given === 'in turn' ? this.next++ : this.random.integer(0, NODES)
    return startingAt(up, first)
  }

  /** Gives an event to the first of these nodes, or where that is cut off to the next: encoders try again. */
  private async give(happening: Happening, nodes: readonly SharedNode[]): Promise<void> {
    if ('kind' in happening) {
      if (happening.kind !== 'tick') return
      const sinceEven = (happening.now - EPOCH) % HEAR_MS
      const hearing = isCalm(this.script) ? nodes.filter(({ place }) => HEARS_AT_MS[place] === sinceEven) : []
      await Promise.all(hearing.map((node) => node.hear()))
      for (const node of nodes) await node.does((archive) => archive.tick())
      return
    }
    if (happening.object) this.putAt.set(happening.object.key, happening.now)
    for (const node of nodes) {
      if (await node.does((archive) => this.channel.happens(archive, happening))) return
    }
    // A node that has only lost an answer takes it the second time.
    for (const node of this.up()) {
      if (await node.does((archive) => this.channel.happens(archive, happening))) return
    }
    assert.fail('no node takes it')
  }

  /** A viewer asks a node that may not have heard of all. */
  private async glance(): Promise<void> {
    const node = this.random.pick(this.up())
    const { endpoint } = this.random.pick(this.endpoints)
    await node.does(() => this.channel.glance(node, endpoint))
  }

  private async replace(place: number): Promise<void> {
    const before = this.nodes[place]!
    const isUp = await before.mend()
    if (isUp) await before.archive.close()
    this.nodes[place] = await this.node(place)
  }

  /** All nodes are closed, and opened again. */
  private async restart(): Promise<void> {
    await this.mend()
    for (let place = 0; place < NODES; place++) await this.replace(place)
    const [first] = this.endpoints
    if (first) for (const { archive } of this.nodes) await archive.live(first.endpoint, 1)
  }

  /** Every node is up again, and has heard of all. */
  private async mend(): Promise<void> {
    for (const [place, node] of this.nodes.entries())
      if (!(await node.mend())) this.nodes[place] = await this.node(place)
    await Promise.all(this.nodes.map((node) => node.hear()))
  }

  /** An endpoint is asked for the first time, by one node or by all at once. */
  private async open(id: string, seconds: number, isAtOnce: boolean): Promise<void> {
    await this.mend()
    const endpoint = await this.channel.endpoint(id, seconds)
    const nodes = isAtOnce ? this.nodes : [this.random.pick(this.nodes)]
    await Promise.all(nodes.map(({ archive }) => archive.live(endpoint, 1)))
    const known = await this.shared.stores[0]!.segmentIndex.outputTimelineOf(endpoint, seconds)
    assert.ok(known, 'an endpoint that was asked for has an output timeline')
    this.endpoints.push({ endpoint, id: known.id })
    this.simulation.channel.open(known.id, seconds)
    // What an output timeline lacks since before it was opened is done by the next tick, or by whoever reads it first.
    this.simulation.channel.tick()
    await this.happen('in turn', true)
  }

  private async look(): Promise<void> {
    await this.mend()
    const from = this.script.forgets ? await this.forget() : -Infinity
    for (const { endpoint, id } of this.endpoints) {
      const segments = await this.channel.shown(this.nodes, endpoint)
      if (this.script.forgets) await this.channel.checkKept(segments, from)
      // One that was opened late does not know of what had been forgotten by then.
      const isWhole = !this.script.forgets || endpoint.packaging.segment.durationSeconds !== LATE
      if (!isCalm(this.script) || !isWhole) continue
      const all = this.simulation.channel.outputs(id)
      const last = all.findLastIndex(({ slots }) => slots.some(({ sealedAt }) => sealedAt < from))
      const rehearsed = factsOf(all.slice(last + 1))
      assert.deepEqual(punctual(this.channel.facts(segments), rehearsed), rehearsed, 'a rehearsal shows the same')
    }
    await this.channel.look()
  }

  /** Forgets what was sealed before a moment, which one node does while all are asked to; resolves to the moment. */
  private async forget(): Promise<number> {
    for (const { archive } of this.nodes) await archive.tick()
    // What a node has not read yet, it takes out of memory the next time.
    await Promise.all(
      this.nodes.flatMap((node) => this.endpoints.map((one) => this.channel.glance(node, one.endpoint))),
    )
    await Promise.all(this.nodes.map(({ archive }) => archive.retain()))
    await Promise.all(this.nodes.map((node) => node.hear()))
    const { segmentIndex } = this.shared.stores[0]!
    const needed = (await segmentIndex.outputTimelinesOf(this.channel.channel.guid)).flatMap(({ state = '{}' }) => {
      const { run = [], standbySlots = [] } = JSON.parse(state) as Partial<OutputTimelineState>
      return [...run, ...standbySlots.map(({ slot }) => slot)].map(({ sealedAt }) => sealedAt)
    })
    return Math.min(this.channel.now - RETENTION_MS, ...needed)
  }

  private async end(): Promise<void> {
    for (const who of ['A', 'B'] as const) this.simulation.take({ who, change: 'restarts', segments: 0 })
    this.simulation.take({ who: 'A', change: 'nothing', segments: CALM_SEGMENTS })
    await this.mend()
    await this.happen('to any', true)
    await this.look()
    for (const { endpoint } of this.endpoints) {
      const segments = await this.channel.shown(this.nodes, endpoint)
      const behind = this.channel.now - this.channel.newestReceived(segments, this.putAt)
      assert.ok(behind <= BEHIND_MS, `viewers of ${endpoint.id} see what came ${behind} ms ago`)
    }
    await this.changeDurations()
    const { objects, stores } = this.shared
    const { segmentIndex } = stores[0]!
    if (!this.script.forgets) {
      assert.deepEqual(
        await segmentIndex.unknownObjects(this.channel.acknowledged),
        [],
        'what was answered 201 is kept',
      )
    }
    await this.replace(0)
    await this.look()
    this.channel.now = utcMs(this.channel.now + LONG_MS)
    await this.retain()
    assert.deepEqual(await segmentIndex.unknownObjects(objects.keys()), [], 'no object is kept that no row knows')
    await this.channel.remove()
    await this.retain()
    assert.deepEqual(objects.keys(), [], 'nothing of a deleted channel is left')
  }

  /** The first endpoint comes back to its segment duration: its numbers are new, and what it shows is not. */
  private async changeDurations(): Promise<void> {
    const [{ endpoint: first } = assert.fail()] = this.endpoints
    const before = await this.channel.shown(this.nodes, first)
    const [other, again] = [
      await this.channel.endpoint('e0', LATE, 2),
      await this.channel.endpoint('e0', DURATIONS[0]!, 3),
    ]
    for (const endpoint of [other, again]) {
      await Promise.all(this.nodes.map(({ archive }: { archive: Archive }) => archive.live(endpoint, 1)))
    }
    await Promise.all(this.nodes.map((node) => node.hear()))
    assert.deepEqual(factsOf(await this.channel.shown(this.nodes, again)), factsOf(before), 'under numbers of its own')
  }

  private async retain(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.hear()))
    for (const { archive } of this.nodes) await archive.tick()
    for (const { archive } of this.nodes) await archive.retain()
  }
}

/** Facts with the others' times of sealing, where they are a tick later at most: what two do at once is done again. */
function punctual(facts: readonly SegmentFacts[], others: readonly SegmentFacts[]): readonly SegmentFacts[] {
  return facts.map((fact, i) => {
    const sealedAt = others[i]?.sealedAt ?? fact.sealedAt
    return fact.sealedAt >= sealedAt && fact.sealedAt <= sealedAt + TICK_MS ? { ...fact, sealedAt } : fact
  })
}

/** All of a list in their order, beginning at a place that is counted round and round. */
function startingAt<T>(all: readonly T[], place: number): T[] {
  const first = place % all.length
  return [...all.slice(first), ...all.slice(0, first)]
}
