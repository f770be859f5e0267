import type { UtcMs } from '../media/time.ts'
import { follow, isFollowingDue, type SealedSlot } from '../model/timeline/following.ts'
import type { Numbering, NumberingsCommit, SegmentIndex } from '../stores/segment-index.ts'
import type { InputsView } from './known-eras.ts'
import {
  madeErasOf,
  type NumberingSteps,
  numberingCommit,
  type OpenNumbering,
  openNumbering,
  steppedNumbering,
} from './open-numbering.ts'
import { SegmentTail } from './segment-tail.ts'
import { storedNumberings } from './stored-content.ts'

/** The numberings of a channel as this process knows them. */
export class ChannelNumberings {
  readonly byId = new Map<number, OpenNumbering>()
  private readonly guid: string
  private readonly index: SegmentIndex

  constructor(guid: string, index: SegmentIndex) {
    this.guid = guid
    this.index = index
  }

  /** Reads what is stored, in place of what was known. */
  async load(): Promise<void> {
    const stored = await storedNumberings(this.index, this.guid, this.byId)
    this.byId.clear()
    for (const open of stored) this.byId.set(open.numbering.id, open)
  }

  all(): readonly OpenNumbering[] {
    return [...this.byId.values()]
  }

  /** The newest output segments of a numbering. */
  async tail(numbering: Numbering): Promise<SegmentTail> {
    const open = this.byId.get(numbering.id) ?? openNumbering(numbering)
    this.byId.set(numbering.id, open)
    open.tail ??= await SegmentTail.load(this.index, numbering.id)
    return open.tail
  }

  isDue(view: InputsView, now: UtcMs): boolean {
    return this.all().some(({ state }) => isFollowingDue(state, view, now))
  }

  /** What they make of slots sealed now, and of the time. */
  follow(sealed: readonly SealedSlot[], view: InputsView, now: UtcMs): NumberingSteps {
    return this.all().flatMap((open) => {
      if (open.state.isFilling || (sealed.length === 0 && !isFollowingDue(open.state, view, now))) return []
      const step = follow(open.state, sealed, { ...view, madeEras: madeErasOf(open) }, now)
      return step.changed ? [{ open, step }] : []
    })
  }

  commitOf(steps: NumberingSteps): Pick<NumberingsCommit, 'outputSegments' | 'numberings'> {
    const commits = steps.map(({ open, step }) => numberingCommit(open, step))
    return { outputSegments: commits.flatMap(({ rows }) => rows), numberings: commits.map(({ commit }) => commit) }
  }

  /** Goes on from steps that were committed. */
  adopt(steps: NumberingSteps): void {
    for (const { open, step } of steps) this.byId.set(open.numbering.id, steppedNumbering(open, step))
  }
}
