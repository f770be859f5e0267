import type { UtcMs } from '../media/time.ts'
import { isOutputDue, type SealedSlot, stepOutput } from '../model/output-timeline/step.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { OutputTimeline, OutputTimelinesCommit } from '../stores/timeline-store.ts'
import type { InputsView } from './known-eras.ts'
import {
  firstAliasEraOf,
  type OpenOutputTimeline,
  type OutputTimelineSteps,
  openOutputTimeline,
  outputTimelineCommit,
  steppedOutputTimeline,
} from './open-output-timeline.ts'
import { SegmentTail } from './segment-tail.ts'
import { storedOutputTimelines } from './stored-content.ts'

/** The output timelines of a channel as this process knows them. */
export class ChannelOutputTimelines {
  private readonly byId = new Map<number, OpenOutputTimeline>()
  private readonly guid: string
  private readonly index: SegmentIndex

  constructor(guid: string, index: SegmentIndex) {
    this.guid = guid
    this.index = index
  }

  /** Reads what is stored, in place of what was known. */
  async load(): Promise<void> {
    const stored = await storedOutputTimelines(this.index, this.guid, (id) => this.get(id))
    this.byId.clear()
    for (const open of stored) this.byId.set(open.outputTimeline.id, open)
  }

  get(id: number): OpenOutputTimeline | undefined {
    return this.byId.get(id)
  }

  all(): readonly OpenOutputTimeline[] {
    return [...this.byId.values()]
  }

  /** The newest output segments of an output timeline. */
  async tail(outputTimeline: OutputTimeline): Promise<SegmentTail> {
    const open = this.byId.get(outputTimeline.id) ?? openOutputTimeline(outputTimeline)
    this.byId.set(outputTimeline.id, open)
    open.tail ??= await SegmentTail.load(this.index, outputTimeline.id)
    return open.tail
  }

  isDue(view: InputsView, now: UtcMs): boolean {
    return this.all().some(({ state }) => isOutputDue(state, view, now))
  }

  /** What they make of slots sealed now, and of the time. */
  follow(sealed: readonly SealedSlot[], view: InputsView, now: UtcMs): OutputTimelineSteps {
    return this.all().flatMap((open) => {
      if (open.state.isFilling || (sealed.length === 0 && !isOutputDue(open.state, view, now))) return []
      const step = stepOutput(open.state, sealed, { ...view, firstAliasEra: firstAliasEraOf(open) }, now)
      return step.changed ? [{ open, step }] : []
    })
  }

  commitOf(steps: OutputTimelineSteps): Pick<OutputTimelinesCommit, 'outputSegments' | 'outputTimelines'> {
    const commits = steps.map(({ open, step }) => outputTimelineCommit(open, step))
    return { outputSegments: commits.flatMap(({ rows }) => rows), outputTimelines: commits.map(({ commit }) => commit) }
  }

  /** Goes on from steps that were committed. */
  adopt(steps: OutputTimelineSteps): void {
    for (const { open, step } of steps) this.byId.set(open.outputTimeline.id, steppedOutputTimeline(open, step))
  }
}
