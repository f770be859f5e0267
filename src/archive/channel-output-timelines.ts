import type { Log } from '../log.ts'
import type { UtcMs } from '../media/time.ts'
import type { FailoverView } from '../model/output-timeline/failover.ts'
import { isOutputDue, type OutputTimelineStep, type SealedSlot, stepOutput } from '../model/output-timeline/step.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { ChannelVersions, OutputTimeline } from '../stores/timeline-store.ts'
import {
  firstAliasEraOf,
  NO_VERSION,
  type OpenOutputTimeline,
  type OutputTimelineSteps,
  openOutputTimeline,
  steppedOutputTimeline,
} from './open-output-timeline.ts'
import { SegmentTail } from './segment-tail.ts'

/** The inputs of a channel at one moment, as all its output timelines see them. */
export type InputsView = Omit<FailoverView, 'firstAliasEra'>

/** The output timelines of a channel as this process knows them. */
export class ChannelOutputTimelines {
  private readonly byId = new Map<number, OpenOutputTimeline>()
  private readonly guid: string
  private readonly index: SegmentIndex
  /** Pairs of an output timeline and an era that was logged as unknown: it is so for every slot of that era. */
  private readonly logged = new Set<string>()

  constructor(guid: string, index: SegmentIndex) {
    this.guid = guid
    this.index = index
  }

  /**
   * Reads the states that are not in memory as they are stored, and gives all of them; undefined when all are. Where
   * the newest segments were in memory, those that were published since are read as well.
   */
  async read(index = this.index): Promise<readonly OpenOutputTimeline[] | undefined> {
    const stored = await index.outputTimelinesOf(this.guid)
    if (this.areAt({ outputTimelines: new Map(stored.map(({ id, version }) => [id, version])) })) return undefined
    return Promise.all(
      stored.map(async (row): Promise<OpenOutputTimeline> => {
        const known = this.get(row.id)
        if (known?.version === row.version) return known
        const open = openOutputTimeline(row)
        const { outputTimeline, state } = open
        if (!known?.tail) return open
        const tail =
          known.version === NO_VERSION
            ? await SegmentTail.load(index, outputTimeline.id, state.nextNumber)
            : await known.tail.continued(index, outputTimeline.id, state.nextNumber)
        return { ...open, tail }
      }),
    )
  }

  /** Replaces what is in memory by what was read. */
  replace(read: readonly OpenOutputTimeline[]): void {
    this.byId.clear()
    for (const open of read) this.byId.set(open.outputTimeline.id, open)
  }

  /** Has all states and newest segments loaded anew, whatever versions are stored. */
  distrust(): void {
    for (const [id, open] of this.byId) this.byId.set(id, { ...open, version: NO_VERSION })
  }

  /** True when the stored versions are those in memory. */
  areAt({ outputTimelines }: Pick<ChannelVersions, 'outputTimelines'>): boolean {
    const isKnown = ([id, version]: readonly [number, number]) => this.get(id)?.version === version
    return outputTimelines.size === this.byId.size && [...outputTimelines].every(isKnown)
  }

  get(id: number): OpenOutputTimeline | undefined {
    return this.byId.get(id)
  }

  /** True for the id of an alias era that an output timeline has opened. */
  hasOpenedEra(id: number): boolean {
    return this.all().some((open) => {
      const first = firstAliasEraOf(open)
      return id >= first && id < first + (open.state.aliasEras ?? 0)
    })
  }

  all(): readonly OpenOutputTimeline[] {
    return [...this.byId.values()]
  }

  /** The newest output segments of an output timeline. */
  async tail(outputTimeline: OutputTimeline): Promise<SegmentTail> {
    const open = this.byId.get(outputTimeline.id) ?? openOutputTimeline(outputTimeline)
    this.byId.set(outputTimeline.id, open)
    open.tail ??= await SegmentTail.load(this.index, outputTimeline.id, open.state.nextNumber)
    return open.tail
  }

  isDue(view: InputsView, now: UtcMs): boolean {
    return this.all().some(({ state }) => isOutputDue(state, view, now))
  }

  /** The steps that output timelines take when slots are sealed and time passes. */
  follow(sealed: readonly SealedSlot[], view: InputsView, now: UtcMs): OutputTimelineSteps {
    return this.all().flatMap((open) => {
      if (open.state.isFilling || (sealed.length === 0 && !isOutputDue(open.state, view, now))) return []
      const step = stepOutput(open.state, sealed, { ...view, firstAliasEra: firstAliasEraOf(open) }, now)
      return step.changed ? [{ open, step }] : []
    })
  }

  /** Takes over the results of steps that were committed, and logs what they found. */
  adopt(steps: OutputTimelineSteps, log: Log): void {
    for (const { open, step } of steps) {
      this.byId.set(open.outputTimeline.id, steppedOutputTimeline(open, step))
      this.write(log, open.outputTimeline, step)
    }
  }

  /** The eras that output timelines need for their next steps. */
  erasInUse(all = this.all()): ReadonlySet<number> {
    const eras = all.flatMap(({ state: { outputEnd, last, lastStandby, standbySlots } }) => [
      outputEnd?.era,
      last?.era,
      lastStandby?.slot.era,
      ...standbySlots.map(({ slot }) => slot.era),
    ])
    return new Set(eras.filter((era) => era !== undefined))
  }

  /** The eras of the output segments that are in memory. */
  erasInMemory(all = this.all()): ReadonlySet<number> {
    return new Set(all.flatMap(({ tail }) => tail?.eraIds ?? []))
  }

  private write(log: Log, { channelGuid, id, segmentDurationSeconds }: OutputTimeline, step: OutputTimelineStep): void {
    const outputTimeline = { channelGuid, outputTimeline: id, segmentDurationSeconds }
    const { switched, dropped } = step
    if (switched) log.warn({ event: 'input-switched', ...outputTimeline, ...switched }, 'switched to the other input')
    for (const era of dropped) {
      const name = `${id}/${era}`
      if (this.logged.has(name)) continue
      this.logged.add(name)
      log.error({ event: 'slots-dropped', ...outputTimeline, era }, 'slots are not shown: their era is unknown')
    }
  }
}
