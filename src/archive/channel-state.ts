import type { UtcMs } from '../media/time.ts'
import { giverOfEraId } from '../model/eras/era-ids.ts'
import type { TimelineStep } from '../model/input-timeline/step.ts'
import type { SeenInputs } from '../model/output-segment.ts'
import type { ChangedPart } from '../stores/content-feed.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { OutputTimeline } from '../stores/timeline-store.ts'
import { ChannelInputs } from './channel-inputs.ts'
import { ChannelOutputTimelines, type InputsView } from './channel-output-timelines.ts'
import type { Part } from './following.ts'
import { KnownEras } from './known-eras.ts'
import type { Absence } from './reader.ts'

/**
 * The state of a channel as it was loaded or committed last: its inputs, its output timelines, and the eras they show.
 * Another process may have changed what is stored since; a commit finds out.
 */
export class ChannelState {
  readonly guid: string
  readonly inputs: ChannelInputs
  readonly outputs: ChannelOutputTimelines
  readonly eras: KnownEras
  /** The status of the inputs that was recorded with the newest slot; undefined before this process has sealed one. */
  lastSeen: SeenInputs | undefined
  private readonly index: SegmentIndex

  constructor(guid: string, index: SegmentIndex) {
    this.guid = guid
    this.index = index
    this.inputs = new ChannelInputs(guid, index)
    this.outputs = new ChannelOutputTimelines(guid, index)
    this.eras = new KnownEras(this.inputs)
  }

  /**
   * Replaces what another process has changed by what is stored, and tells what that was; undefined when it was
   * nothing. The inputs need not be read for what is shown. All that is shown is replaced at once, when it has been
   * read: what is in memory can be shown at any time, without the store.
   */
  async load(part: Part = 'whole', index?: SegmentIndex): Promise<ChangedPart | undefined> {
    const { inputs, outputs, eras } = this
    const versions = part === 'whole' ? await (index ?? this.index).versionsOf(this.guid) : undefined
    const read = versions && outputs.areAt(versions) ? undefined : await outputs.read(index)
    const isNew = read !== undefined || (versions !== undefined && !inputs.areAt(versions))
    if (versions) await inputs.load(versions, index)
    if (isNew) {
      this.lastSeen = undefined
      const all = read ?? outputs.all()
      const ids = new Set([...outputs.erasInUse(all), ...outputs.erasInMemory(all), ...inputs.recentEras()])
      await eras.reload([...ids], index)
    }
    if (read && !versions) inputs.fallBehind()
    if (read) outputs.replace(read)
    return read ? 'shown' : isNew ? 'inputs' : undefined
  }

  /** Has everything loaded anew, whatever versions are stored; a step from what is in memory will be stale. */
  distrust(): void {
    this.inputs.distrust()
    this.outputs.distrust()
  }

  /** True when the state in memory is the one that is stored. */
  async isCurrent(): Promise<boolean> {
    const versions = await this.index.versionsOf(this.guid)
    return this.inputs.areAt(versions) && this.outputs.areAt(versions)
  }

  /** True when an output timeline shows all there is, and nothing more will come as things stand. */
  isOver({ id }: OutputTimeline): boolean {
    return this.outputs.get(id)?.state.hasEnded ?? false
  }

  /** True while an output timeline rests or is being filled, so that it does not show all there is. */
  isFilling({ id }: OutputTimeline): boolean {
    return this.outputs.get(id)?.state.isFilling ?? false
  }

  /** The number that the next output segment of an output timeline gets. */
  nextNumber({ id, firstNumber }: OutputTimeline): number {
    return this.outputs.get(id)?.state.nextNumber ?? firstNumber
  }

  /**
   * The reason why there is no era with an id. It follows from the order of ids, which inputs and output timelines give
   * in ascending order.
   */
  absenceOfEra(id: number): Absence {
    if (giverOfEraId(id) === 'output timeline') return this.outputs.hasOpenedEra(id) ? 'no longer kept' : 'no such'
    if (this.inputs.hasOpenedEra(id)) return 'no longer kept'
    return this.inputs.ownsEra(id) ? 'not yet' : 'no such'
  }

  /** The ingest endpoint whose input an output timeline follows. */
  followedBy({ id }: OutputTimeline): string | undefined {
    return this.outputs.get(id)?.state.input
  }

  /** The inputs as output timelines see them at a moment; with `stepped`, that input as the step would leave it. */
  view(now: UtcMs, stepped?: { readonly id: string; readonly result: TimelineStep }): InputsView {
    const statuses = this.inputs.statuses(now, stepped && { id: stepped.id, state: stepped.result.state })
    if (!stepped) return { ...statuses, eraOf: (id) => this.eras.of(id) }
    const { state, eras } = stepped.result
    const fresh = new Map([...state.eras, ...eras].map((era) => [era.id, era]))
    return { ...statuses, eraOf: (id) => fresh.get(id) ?? this.eras.of(id) }
  }
}
