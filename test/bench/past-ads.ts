/** Ad events of a past, as the input and output timelines would tell of them. */
import { TICKS_PER_SECOND, type Ticks, ticks, type UtcMs } from '../../src/media/time.ts'
import type { AdMarks } from '../../src/model/ad-events/ad-event.ts'
import type { AdSignal } from '../../src/model/ad-events/signal.ts'
import { type AdEventsState, atSlot, noAdEvents, takeSignals } from '../../src/model/ad-events/step.ts'
import type { Slot } from '../../src/model/output-segment.ts'
import { enterSegment, type OutputAdEvents } from '../../src/model/output-timeline/ad-events.ts'
import type { TimelineCommit } from '../../src/stores/timeline-store.ts'
import { spliceInsert, spliceSection } from '../fixtures/splice-messages.ts'

/** Twelve breaks an hour of half a minute each; or 64 events that begin with the first slot and never end. */
export type PastAds = 'breaks' | '64 open'

const BETWEEN_BREAKS: Ticks = ticks(300 * TICKS_PER_SECOND)
const BREAK: Ticks = ticks(30 * TICKS_PER_SECOND)
const OPEN = 64
const TOLERANCE = 1800

type Begin = Extract<AdSignal, { does: 'begin' }>
type SlotStart = { readonly index: number; readonly start: Ticks; readonly startUtc: UtcMs }

/** To be asked for the slots of one era, one after the other. */
export class PastAdEvents {
  private readonly kind: PastAds
  private readonly state: AdEventsState = noAdEvents()
  private known: OutputAdEvents | undefined
  private first: Ticks | undefined

  constructor(kind: PastAds) {
    this.kind = kind
  }

  marksAt(slot: SlotStart): AdMarks | undefined {
    this.first ??= slot.start
    takeSignals(this.state, this.signalsAt(slot), TOLERANCE)
    const { marks } = atSlot(this.state, slot, TOLERANCE)
    return Object.keys(marks).length > 0 ? { era: 1, ...marks } : undefined
  }

  /** What the output segment tells that is made of the slot asked for last. */
  shownWith(slot: Slot, input: string): Omit<ReturnType<typeof enterSegment>, 'known'> {
    const { known, ...shown } = enterSegment(this.known, {
      ...slot,
      input,
      isNewPeriod: slot.start === this.first,
      slots: [slot],
    })
    this.known = known
    return shown
  }

  private signalsAt({ index, start }: SlotStart): readonly Begin[] {
    if (this.kind === '64 open') {
      return index > 0 ? [] : Array.from({ length: OPEN }, (_, id) => beginning(id, start))
    }
    return (start - this.first!) % BETWEEN_BREAKS === 0 ? [beginning(index, start, BREAK)] : []
  }
}

function beginning(id: number, time: Ticks, duration?: Ticks): Begin {
  const timing = duration === undefined ? {} : { break: { autoReturn: true, duration } }
  const section = spliceSection({ command: spliceInsert({ id, isOut: true, at: time % 2 ** 33, ...timing }) })
  return {
    does: 'begin',
    kind: 'splice',
    id,
    arrival: time,
    time,
    section: section.toString('hex'),
    ...(duration !== undefined && { duration, endsByItself: true }),
  }
}

/** The rows of the events that begin and end with slots. */
export function adEventRowsOf(slots: readonly Slot[]): Pick<TimelineCommit, 'adEvents' | 'adEventEnds'> {
  return {
    adEvents: slots.flatMap(({ ads }) => (ads?.begins ?? []).map((event) => ({ era: ads!.era, event }))),
    adEventEnds: slots.flatMap(({ index, ads }) =>
      (ads?.ends ?? []).map(({ number }) => ({ era: ads!.era, number, slot: index })),
    ),
  }
}
