import type { Ticks } from '../../media/time.ts'
import type { AdEvent } from '../../model/ad-events/ad-event.ts'
import { triggerOf } from '../../model/ad-events/ad-trigger.ts'
import { upidText } from '../../model/event-selection.ts'
import type { SegmentSummary } from '../../model/output-segment.ts'
import { type EventsAtSegment, type EventsWindow, shownEvents } from '../ads/shown-events.ts'

/** From a time on, on the timeline of the segment that tells of it, something has this title. */
export type TitledPart = { readonly at: Ticks; readonly title: string }

/** What breaks are called. */
const BREAK = 'Break'
/** segmentation_type_ids of beginnings, SCTE 35 §10.3.3.1: Program and Program Overlap, and Chapter. */
const PROGRAMS: readonly unknown[] = [0x10, 0x17]
const CHAPTER = 0x20

/** What SCTE 35 says of the parts of a window: programmes and chapters, and the breaks in them. */
export class MarkedParts {
  private readonly shown: ReturnType<typeof shownEvents>
  private next: ReturnType<ReturnType<typeof shownEvents>['next']>

  constructor(window: EventsWindow) {
    this.shown = shownEvents(window)
    this.next = this.shown.next()
  }

  /**
   * Goes on to a segment, in their order: the title of what is shown before anything changes with it, and what changes.
   * `isFirst` in the window, or in a range of it: what ended there belongs to what was before.
   */
  enter(
    { number }: Pick<SegmentSummary, 'number'>,
    isFirst: boolean,
  ): { readonly title: string; readonly parts: readonly TitledPart[] } {
    while (!this.next.done && this.next.value[0].number < number) this.next = this.shown.next()
    if (this.next.done || this.next.value[0].number > number) return { title: '', parts: [] }
    const found = this.next.value[1]
    return isFirst ? partsOf({ ...found, ends: [] }) : partsOf(found)
  }
}

function partsOf({ goesOn, begins, ends }: Pick<EventsAtSegment, 'goesOn' | 'begins' | 'ends'>) {
  const open = new Set<AdEvent>([...ends.map(({ event }) => event), ...goesOn])
  const title = titleOf(open)
  const changes = [
    ...ends.map(({ event, end }) => ({ at: end, change: () => open.delete(event) })),
    ...begins.map((event) => ({ at: event.start, change: () => open.add(event) })),
  ]
  const parts = changes
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, change }): TitledPart => {
      change()
      return { at, title: titleOf(open) }
    })
  return { title, parts }
}

/** What is shown while these events are open: a break, else the chapter or the programme that began last. */
function titleOf(open: ReadonlySet<AdEvent>): string {
  const all = [...open]
  if (all.some(isBreak)) return BREAK
  const chapter = all.findLast(({ typeId }) => typeId === CHAPTER)
  if (chapter) return nameOf(chapter, 'Chapter')
  const program = all.findLast(({ typeId }) => PROGRAMS.includes(typeId))
  return program ? nameOf(program, 'Program') : ''
}

/** Ads, and opportunities for them, but not those that are shown over the programme. */
function isBreak(event: AdEvent): boolean {
  const trigger = triggerOf(event)
  return trigger !== undefined && !trigger.includes('OVERLAY')
}

/** Its UPID, where that is text, or its id. */
function nameOf({ id, upid }: AdEvent, kind: string): string {
  const text = upid && upidText(upid)
  return text === undefined || text.startsWith('0x') ? `${kind} ${id}` : text
}
