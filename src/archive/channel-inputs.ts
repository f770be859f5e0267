import { type UtcMs, utcMs } from '../media/time.ts'
import type { InputStatuses } from '../model/eras/input-status.ts'
import { haveEnded } from '../model/input-timeline/ending.ts'
import type { TimelineState } from '../model/input-timeline/state.ts'
import { isDue, statusOf } from '../model/input-timeline/step.ts'
import type { Era } from '../model/output-segment.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { ChannelVersions } from '../stores/timeline-store.ts'
import { hasContentIn, Input } from './input.ts'

/** The inputs of a channel as this process knows them. */
export class ChannelInputs {
  private readonly byId = new Map<string, Input>()
  private readonly guid: string
  private readonly index: SegmentIndex
  /** When this process began to hear the inputs. */
  private awakeSince = utcMs(0)
  /** True while other states may be stored than those in memory, which then tell nothing of open eras. */
  private areBehind = true

  constructor(guid: string, index: SegmentIndex) {
    this.guid = guid
    this.index = index
  }

  /** Replaces the states in memory that are not at the stored versions. */
  async load({ inputs }: Pick<ChannelVersions, 'inputs'>, index?: SegmentIndex): Promise<void> {
    for (const id of inputs.keys()) {
      if (!this.byId.has(id)) this.byId.set(id, new Input({ channelGuid: this.guid, ingestEndpointId: id }, this.index))
    }
    const changed = [...this.byId].filter(([id, input]) => !input.isAt(inputs.get(id)))
    await Promise.all(changed.map(([, input]) => input.load(index)))
    this.areBehind = false
  }

  /** Notes that other states may be stored than those in memory. */
  fallBehind(): void {
    this.areBehind = true
  }

  /** Has all states loaded anew, whatever versions are stored. */
  distrust(): void {
    for (const input of this.byId.values()) input.distrust()
  }

  /** The input of an ingest endpoint, created if the index does not have it yet. */
  async open(id: string, index?: SegmentIndex): Promise<Input> {
    const known = this.byId.get(id)
    if (known) return known
    const input = new Input({ channelGuid: this.guid, ingestEndpointId: id }, this.index)
    await input.load(index)
    this.byId.set(id, input)
    return input
  }

  /** Lets every wait of the inputs begin anew, because the server did not hear them while it was away. */
  wake(now: UtcMs): void {
    this.awakeSince = now
    for (const input of this.byId.values()) input.wake(now)
  }

  /** True when the stored versions are those in memory. */
  areAt({ inputs }: Pick<ChannelVersions, 'inputs'>): boolean {
    const isKnown = ([id, version]: readonly [string, number]) => this.byId.get(id)?.isAt(version) === true
    return [...inputs].every(isKnown) && [...this.byId].every(([id, input]) => input.isAt(inputs.get(id)))
  }

  /** The inputs that have a timeline in the index. */
  stored(): readonly Input[] {
    return this.all().filter(({ isStored }) => isStored)
  }

  /** The ingest endpoints whose inputs may have to give something up by now. */
  due(now: UtcMs): readonly string[] {
    return this.all().flatMap(({ state, ref }) => (isDue(state, now) ? [ref.ingestEndpointId] : []))
  }

  /** The status of each input at a moment; with `stepped`, that input is taken to be in the state given there. */
  statuses(now: UtcMs, stepped?: { readonly id: string; readonly state: TimelineState }): InputStatuses {
    const statuses = [...this.byId].map(([id, { state }]) => {
      return [id, statusOf(id === stepped?.id ? stepped.state : state, now)] as const
    })
    const withContent = this.all().flatMap(({ ref, state, hasContent }) => {
      if (ref.ingestEndpointId !== stepped?.id) return hasContent ? [state] : []
      return hasContentIn(stepped.state) ? [stepped.state] : []
    })
    return { inputs: Object.fromEntries(statuses), haveEnded: haveEnded(withContent), awakeSince: this.awakeSince }
  }

  hasContent(id: string): boolean {
    return this.byId.get(id)?.hasContent ?? false
  }

  /** The other input of the channel; undefined while there is none. */
  otherThan(id: string): Input | undefined {
    return this.all().find(({ ref }) => ref.ingestEndpointId !== id)
  }

  /** The era with this id, if it may still get slots. */
  openEra(id: number): Era | undefined {
    if (this.areBehind) return undefined
    for (const input of this.byId.values()) {
      const era = input.openEra(id)
      if (era) return era
    }
    return undefined
  }

  /** True for an era of which no slot is sealed yet: its id may still be given to another era. */
  isProvisional(era: number): boolean {
    return this.all().some((input) => input.isProvisional(era))
  }

  /** True for the id of an era that an input has opened. */
  hasOpenedEra(id: number): boolean {
    return this.all().some((input) => input.hasOpened(id))
  }

  /** True for an id that some input has given to an era, or will give. */
  ownsEra(id: number): boolean {
    return this.all().some((input) => input.isOwn(id))
  }

  /** Takes out of memory what was sealed or received before a moment. */
  forgetBefore(moment: UtcMs): void {
    for (const input of this.byId.values()) input.forgetBefore(moment)
  }

  /** The eras of the sealed slots that may fill gaps of another input. */
  recentEras(): readonly number[] {
    return this.all().flatMap((input) => input.recentEras())
  }

  /** Reads the eras with these ids from the index, as far as it has them. */
  async readEras(ids: readonly number[], index = this.index): Promise<readonly Era[]> {
    return ids.length > 0 ? index.eras(this.guid, ids) : []
  }

  private all(): readonly Input[] {
    return [...this.byId.values()]
  }
}
