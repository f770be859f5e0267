import type { UtcMs } from '../media/time.ts'
import type { Donor } from '../model/input-timeline/donor.ts'
import { statusOf, type TimelineStep } from '../model/input-timeline/step.ts'
import type { Era } from '../model/output-segment.ts'
import type { FailoverView } from '../model/output-timeline/failover.ts'
import type { Input } from './input.ts'
import type { OpenOutputTimeline } from './open-output-timeline.ts'

/** What all output timelines see alike. */
export type InputsView = Omit<FailoverView, 'firstAliasEra'>

/** The eras of a channel that are in memory, whichever input they belong to. */
export class KnownEras {
  private readonly inputs: ReadonlyMap<string, Input>
  private readonly outputTimelines: () => readonly OpenOutputTimeline[]

  constructor(inputs: ReadonlyMap<string, Input>, outputTimelines: () => readonly OpenOutputTimeline[]) {
    this.inputs = inputs
    this.outputTimelines = outputTimelines
  }

  of(id: number): Era | undefined {
    for (const input of this.inputs.values()) {
      const era = input.eraOf(id)
      if (era) return era
    }
    return undefined
  }

  async load(ids: readonly number[]): Promise<void> {
    await this.byId(ids)
  }

  /** These eras, in this order, as far as there are such: fetched, where they are not in memory. */
  async byId(ids: readonly number[]): Promise<readonly Era[]> {
    const loaded = await Promise.all([...this.inputs.values()].map((input) => input.loadEras(ids)))
    // Some may have been forgotten again while others were on their way.
    const found = new Map(loaded.flat().map((era) => [era.id, era]))
    return ids.flatMap((id) => this.of(id) ?? found.get(id) ?? [])
  }

  /** What an input may borrow from the other. */
  donorFor(ingestEndpointId: string): Donor | undefined {
    const other = [...this.inputs].find(([id]) => id !== ingestEndpointId)?.[1]
    return other?.donor((era) => this.of(era))
  }

  /** An era that is there since a step of an output timeline. */
  add(era: Era): void {
    for (const input of this.inputs.values()) input.remember(era)
  }

  /** What the output timelines need for their next steps. */
  inUse(): Set<number> {
    const eras = this.outputTimelines().flatMap(({ state: { outputEnd, last, lastStandby, standbySlots } }) => [
      outputEnd?.era,
      last?.era,
      lastStandby?.slot.era,
      ...standbySlots.map(({ slot }) => slot.era),
    ])
    return new Set(eras.filter((era) => era !== undefined))
  }

  /** Others than these, and those of output segments in memory, are read again when somebody asks for them. */
  forgetOthers(): void {
    const used = this.inUse()
    for (const { tail } of this.outputTimelines()) for (const era of tail?.eraIds ?? []) used.add(era)
    for (const input of this.inputs.values()) input.keepEras(used)
  }

  /** What an output timeline sees of the inputs, one of them as a step leaves it. */
  view(now: UtcMs, awakeSince: UtcMs, stepped?: { readonly id: string; readonly result: TimelineStep }): InputsView {
    const fresh = [...(stepped?.result.state.eras ?? []), ...(stepped?.result.eras ?? [])]
    const byId = new Map(fresh.map((era) => [era.id, era]))
    const statuses = [...this.inputs].map(([id, { state }]) => {
      return [id, statusOf(id === stepped?.id ? stepped.result.state : state, now)] as const
    })
    return { eraOf: (id) => byId.get(id) ?? this.of(id), inputs: Object.fromEntries(statuses), awakeSince }
  }
}
