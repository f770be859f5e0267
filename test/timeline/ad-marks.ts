import { ticks, ticksFromSeconds, utcMs } from '../../src/media/time.ts'
import type { AdEventEnd, AdMarks, OpenAdEvent } from '../../src/model/ad-events/ad-event.ts'
import type { OutputSegment, Slot } from '../../src/model/output-segment.ts'
import { addSlot } from '../../src/model/output-timeline/segmenting.ts'
import { openOutputTimelineState } from '../../src/model/output-timeline/state.ts'

/** What becomes of ad events with a slot; those that go on are named by the numbers of events that have begun. */
export type SketchedMarks = Omit<AdMarks, 'era' | 'ends' | 'goesOn'> & {
  readonly era?: number
  readonly ends?: readonly SketchedEnd[]
  readonly goesOn?: readonly (number | OpenAdEvent)[]
}

/** The end of an event, by its number. */
export type SketchedEnd = Omit<AdEventEnd, Exclude<keyof OpenAdEvent, 'number'>>

/** The marks of slots, by place; in era 1 where they do not say. Throws for a number with which no event begins. */
export function marksOf(sketched: Readonly<Record<number, SketchedMarks>>): ReadonlyMap<number, AdMarks> {
  const known = new Map<number, OpenAdEvent>()
  for (const { begins = [], goesOn = [] } of Object.values(sketched)) {
    for (const event of [...goesOn, ...begins]) if (typeof event !== 'number') known.set(event.number, event)
  }
  return new Map(
    Object.entries(sketched).map(([place, { era = 1, goesOn, ends, ...marks }]) => [
      Number(place),
      {
        era,
        ...marks,
        ...(ends && { ends: ends.map((end) => ({ ...openEvent(end.number, known), ...end })) }),
        ...(goesOn && { goesOn: goesOn.map((one) => openEvent(one, known)) }),
      },
    ]),
  )
}

function openEvent(one: number | OpenAdEvent, known: ReadonlyMap<number, OpenAdEvent>): OpenAdEvent {
  if (typeof one !== 'number') return one
  const event = known.get(one)
  if (!event) throw new Error(`no event begins with the number ${one}`)
  const { number, kind, id, typeId, isRestricted, startUtc } = event
  return { number, kind, id, ...(typeId !== undefined && { typeId }), ...(isRestricted && { isRestricted }), startUtc }
}

/** So many output segments of two seconds, of one slot each, from `utc` on, with what becomes of events there. */
export function segmentsWith(
  marks: Readonly<Record<number, SketchedMarks>>,
  count: number,
  utc: number,
): readonly OutputSegment[] {
  const all = marksOf(marks)
  const duration = ticksFromSeconds(2)
  const state = openOutputTimelineState(duration, 0)
  const slots = Array.from({ length: count }, (_, index): Slot => {
    const ads = all.get(index)
    const startUtc = utcMs(utc + 2000 * index)
    const at = { era: 1, index, start: ticks(index * duration), duration, startUtc, sealedAt: startUtc }
    return { ...at, objects: {}, ...(ads && { ads }) }
  })
  return slots.flatMap((slot) => addSlot(state, slot, [])).map(({ segment }) => segment)
}
