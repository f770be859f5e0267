/** A rehearsal of a channel for tests: two inputs and its output timelines, under one clock. */

import { crc32 } from 'node:zlib'
import { type Ticks, ticks, ticksFromSeconds, type UtcMs, utcMs } from '../../src/media/time.ts'
import { firstAliasEraId, firstEraId } from '../../src/model/eras/era-ids.ts'
import { seenInputs, withSeen } from '../../src/model/eras/input-status.ts'
import { haveEnded } from '../../src/model/input-timeline/ending.ts'
import { donorOf } from '../../src/model/input-timeline/gap-filling.ts'
import { emptyTimeline, eraOf, type TimelineState, waitedSince } from '../../src/model/input-timeline/state.ts'
import { isDue, statusOf, step, type TimelineEvent } from '../../src/model/input-timeline/step.ts'
import type { ListedStream } from '../../src/model/listed-playlist.ts'
import type { Era, OutputSegment, SeenInputs } from '../../src/model/output-segment.ts'
import type { FailoverView } from '../../src/model/output-timeline/failover.ts'
import {
  type InputSwitch,
  type OutputTimelineState,
  openOutputTimelineState,
} from '../../src/model/output-timeline/state.ts'
import { bySealing, isOutputDue, type SealedSlot, stepOutput } from '../../src/model/output-timeline/step.ts'
import type { SegmentProbe, SourceObject } from '../../src/model/source-segment.ts'
import { EPOCH, type Listed } from './rehearsal.ts'

export type InputName = 'A' | 'B'

/** What happened, for doing it again. */
export type Happening =
  | { readonly now: UtcMs; readonly input: InputName; readonly event: TimelineEvent; readonly object?: SourceObject }
  | { readonly now: UtcMs; readonly kind: 'tick' | 'restart' }

type InputRehearsal = {
  state: TimelineState
  readonly unlisted: Map<string, SourceObject>
  readonly sealed: SealedSlot[]
}

export class ChannelRehearsal {
  now: UtcMs = EPOCH
  private awakeSince: UtcMs = EPOCH
  private told: SeenInputs | undefined
  /** Whether an input is given what it lacks and the other has. */
  fillsGaps = true
  readonly inputs: Record<InputName, InputRehearsal> = {
    A: { state: emptyTimeline('A'), unlisted: new Map(), sealed: [] },
    B: { state: emptyTimeline('B', firstEraId('second')), unlisted: new Map(), sealed: [] },
  }
  /** Where it is to be written down. */
  log: Happening[] | undefined
  readonly outputTimelines = new Map<number, OutputTimelineState>()
  readonly published = new Map<number, OutputSegment[]>()
  readonly eras = new Map<number, Era>()
  readonly switches: (InputSwitch & { outputTimeline: number })[] = []
  /** Of every PUT, by key. */
  readonly puts = new Map<string, { input: InputName; name: string }>()

  /** An output timeline, filled with what was sealed so far. */
  open(id: number, segmentSeconds: number, input: InputName = 'A', firstNumber = 1, isCut = false): void {
    const uncut = openOutputTimelineState(ticksFromSeconds(segmentSeconds), firstNumber, input)
    const beginning = { ...uncut, ...(isCut && { isCut }) }
    const sealed = bySealing(this.inputs.A.sealed, this.inputs.B.sealed)
    const filled = stepOutput(
      { ...beginning, isFilling: true },
      sealed,
      { ...this.view(), firstAliasEra: firstAliasEraId(id) },
      this.now,
    )
    for (const era of filled.eras) this.eras.set(era.id, era)
    const { seen: _, ...state } = filled.state
    this.outputTimelines.set(id, { ...state, isFilling: false })
    this.published.set(
      id,
      filled.segments.map(({ segment }) => segment),
    )
  }

  streams(input: InputName, streams: readonly ListedStream[]): void {
    this.take(input, { kind: 'parent playlist', streams })
  }

  put(input: InputName, name: string, probe: SegmentProbe): void {
    const key = `${input}${this.puts.size + 1}`
    this.puts.set(key, { input, name })
    const object = { key, name, size: 1000, crc32: crc32(key), sha256: key, receivedAt: this.now, probe }
    this.inputs[input].unlisted.set(name, object)
    this.take(input, { kind: 'object' }, object)
  }

  list(input: InputName, playlist: string, mediaSequence: number, listed: readonly Listed[], ended = false): void {
    const segments = listed.map(({ name, seconds = 2, breaks = false, date }) => ({
      name,
      duration: ticksFromSeconds(seconds),
      discontinuity: breaks,
      ...(date !== undefined && { programDateTime: date }),
    }))
    const targetDuration: Ticks = ticks(Math.max(ticksFromSeconds(2), ...segments.map(({ duration }) => duration)))
    this.take(input, {
      kind: 'media playlist',
      playlist: { name: playlist, targetDuration, mediaSequence, segments, ended },
    })
  }

  /** Time passes in steps of 200 ms, as the server lets it, or in longer ones. */
  pass(seconds: number, stepMs = 200): void {
    const end = this.now + seconds * 1000
    while (this.now < end) {
      this.now = utcMs(Math.min(this.now + stepMs, end))
      this.tick()
    }
  }

  tick(): void {
    this.log?.push({ now: this.now, kind: 'tick' })
    for (const input of ['A', 'B'] as const) {
      if (isDue(this.inputs[input].state, this.now)) this.step(input, { kind: 'time' })
    }
    const view = this.view()
    if ([...this.outputTimelines.values()].some((state) => isOutputDue(state, view, this.now))) this.follow([])
  }

  /** The server goes away, and is back after so many seconds. */
  restart(seconds: number): void {
    this.now = utcMs(this.now + seconds * 1000)
    this.log?.push({ now: this.now, kind: 'restart' })
    this.awakeSince = this.now
    this.told = undefined
    for (const input of Object.values(this.inputs)) {
      input.state = waitedSince(JSON.parse(JSON.stringify(input.state)), this.now)
    }
    for (const [id, state] of this.outputTimelines) this.outputTimelines.set(id, JSON.parse(JSON.stringify(state)))
  }

  outputs(id: number): OutputSegment[] {
    return this.published.get(id) ?? []
  }

  /** Which input each object of an output segment came from, by slot and stream: `A`, `B`, or `-` for a gap. */
  sources(segment: OutputSegment, streams: number): string[] {
    return segment.slots.map(({ objects }) =>
      Array.from({ length: streams }, (_, i) => objects[i + 1]?.key.charAt(0) ?? '-').join(''),
    )
  }

  get hasEnded(): boolean {
    return haveEnded([this.inputs.A.state, this.inputs.B.state].filter(({ eras }) => eras.length > 0))
  }

  era(id: number): Era | undefined {
    const open = [...this.inputs.A.state.eras, ...this.inputs.B.state.eras].find((era) => era.id === id)
    return open ?? this.eras.get(id)
  }

  private take(input: InputName, event: TimelineEvent, object?: SourceObject): void {
    this.log?.push({ now: this.now, input, event, ...(object && { object }) })
    this.step(input, event)
  }

  private step(name: InputName, event: TimelineEvent): void {
    const input = this.inputs[name]
    const other = this.inputs[name === 'A' ? 'B' : 'A']
    const recent = other.sealed.slice(-64).map(({ slot }) => slot)
    const donor = this.fillsGaps ? donorOf(other.state, recent, (era) => this.era(era)) : undefined
    const result = step(input.state, event, { unlisted: input.unlisted, now: this.now, donor, peer: other.state })
    for (const era of input.state.eras) this.eras.set(era.id, eraOf(era))
    input.state = result.state
    for (const era of result.eras) this.eras.set(era.id, era)
    for (const consumed of result.consumed) {
      if (input.unlisted.get(consumed.name)?.key === consumed.key) input.unlisted.delete(consumed.name)
    }
    const seen = seenInputs(this.view())
    const sealed = withSeen(result.slots, seen, this.told).map((slot) => ({ input: name, slot }))
    if (sealed.length > 0) this.told = seen
    input.sealed.push(...sealed)
    this.follow(sealed)
  }

  private follow(sealed: readonly SealedSlot[]): void {
    const view = this.view()
    for (const [id, outputTimeline] of this.outputTimelines) {
      if (sealed.length === 0 && !isOutputDue(outputTimeline, view, this.now)) continue
      const own = { ...view, firstAliasEra: firstAliasEraId(id) }
      const { state, segments, eras, switched } = stepOutput(outputTimeline, sealed, own, this.now)
      for (const era of eras) this.eras.set(era.id, era)
      this.outputTimelines.set(id, state)
      this.published.get(id)?.push(...segments.map(({ segment }) => segment))
      if (switched) this.switches.push({ ...switched, outputTimeline: id })
    }
  }

  private view(): Omit<FailoverView, 'firstAliasEra'> {
    const inputs = { A: statusOf(this.inputs.A.state, this.now), B: statusOf(this.inputs.B.state, this.now) }
    return { eraOf: (id) => this.era(id), inputs, haveEnded: this.hasEnded, awakeSince: this.awakeSince }
  }
}
