import { type Ticks, ticks, type UtcMs, utcMs } from '../../media/time.ts'

/** Splice events are signalled by splice_insert, segmentation events by time_signal. Their ids are different spaces. */
export type AdEventKind = 'splice' | 'segmentation'

/** A splice event or a segmentation event of SCTE 35 (§9.7, §10.3), as its messages describe it. */
export type AdEvent = {
  /** Unique in its era, and higher than those of events that began before. */
  readonly number: number
  readonly kind: AdEventKind
  /** splice_event_id or segmentation_event_id. */
  readonly id: number
  /** segmentation_type_id of what began it. */
  readonly typeId?: number
  /** Its effective time on the era's timeline: exact, whatever slot it begins with. */
  readonly start: Ticks
  /** That time by the source's clock. */
  readonly startUtc: UtcMs
  /** break_duration or segmentation_duration. */
  readonly plannedDuration?: Ticks
  /** The section that began it, in hexadecimal. */
  readonly opener: string
  /** True when delivery_not_restricted_flag is 0. */
  readonly isRestricted?: true
  /** segmentation_upid_type, and the bytes of segmentation_upid in hexadecimal. */
  readonly upid?: { readonly type: number; readonly hex: string }
}

/** The end of an event. */
export type AdEventEnd = OpenAdEvent & {
  /** Its effective time on the era's timeline; not before the event's start. */
  readonly end: Ticks
  readonly endUtc: UtcMs
  /** The section that ended it, in hexadecimal; absent where it ended by its duration, or for another event. */
  readonly closer?: string
}

/** What begins, ends and goes on at the start of a slot: the first at or after its effective time. */
export type AdMarks = {
  /** The era of its input in which it was sealed: by that and their numbers, events are found. */
  readonly era: number
  readonly begins?: readonly AdEvent[]
  readonly ends?: readonly AdEventEnd[]
  /** The events that have begun before and go on. */
  readonly goesOn?: readonly OpenAdEvent[]
}

/** Of those, the events that begin. */
export type BeginningAds = Pick<AdMarks, 'era' | 'begins'>

/** What tells an event from others, wherever it began. */
export type OpenAdEvent = Pick<AdEvent, 'number' | 'kind' | 'id' | 'typeId' | 'isRestricted' | 'startUtc'>

/** How much later times of a timeline, and dates, are on another. */
export type Shift = { readonly ticks: number; readonly ms: number }

/** The event on another timeline. */
export function laterEvent(event: AdEvent, by: Shift): AdEvent {
  return { ...event, start: ticks(event.start + by.ticks), startUtc: utcMs(event.startUtc + by.ms) }
}

export function laterMarks(marks: AdMarks, by: Shift): AdMarks {
  const { begins, ends, goesOn } = marks
  const laterEnd = (each: AdEventEnd) => {
    const { end, endUtc, startUtc } = each
    const dates = { startUtc: utcMs(startUtc + by.ms), endUtc: utcMs(endUtc + by.ms) }
    return { ...each, end: ticks(end + by.ticks), ...dates }
  }
  return {
    ...marks,
    ...(begins && { begins: begins.map((event) => laterEvent(event, by)) }),
    ...(ends && { ends: ends.map(laterEnd) }),
    ...(goesOn && { goesOn: goesOn.map((event) => ({ ...event, startUtc: utcMs(event.startUtc + by.ms) })) }),
  }
}
