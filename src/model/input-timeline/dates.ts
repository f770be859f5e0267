import {
  isoDateTime,
  msFromTicks,
  PTS_MODULUS,
  TICKS_PER_SECOND,
  type Ticks,
  ticks,
  type UtcMs,
  utcMs,
} from '../../media/time.ts'
import { isTimedProbe, type SegmentProbe } from '../../media/track.ts'
import { utcAt } from '../eras/era.ts'
import type { SourceObject } from '../source-segment.ts'
import { noteHabit } from './habits.ts'
import type { Placing } from './placing.ts'
import { type EraAnchor, leadStream, type OpenEra, type TimelineState } from './state.ts'

/**
 * How far the server's date is ahead of the clock that steps are taken by, in milliseconds: that clock passes evenly,
 * whatever is done to the date. A date that somebody has just set is shown before it is believed.
 */
export type ServerDate = { readonly believed: number; readonly shown: number }

/** The clock that steps are taken by tells the date. */
export const SAME_DATE: ServerDate = { believed: 0, shown: 0 }

/** The most by which a source date may differ from the server's clock; other dates are ignored. In milliseconds. */
const BELIEVABLE_DATE_MS = 24 * 3600 * 1000

/** Pictures that are shown before the key frame they follow: never for as long. */
const MOST_LEADING = TICKS_PER_SECOND

/** The number of dates in a row that tell an offset from jitter. */
const STEADY_DATES = 3
/** The number of dates in a row that tell an offset although each has jitter of its own. */
const JITTERING_DATES = 8
/** Smaller offsets of dates, in ms, are rounding: less than a picture lasts. */
const LEAST_OFFSET_MS = 20

/**
 * Adjusts the dates of an era to those of the source: of the first of its streams that tells dates. A date that is off
 * by more than a segment is followed at once, a smaller offset when it lasts. Dates of an era do not go back. Where the
 * source's go back by at most two segments, those of the era stand still; where by more, another era must begin, and
 * its date is returned.
 */
export function redate(
  { state, streamIndex, entry: { duration } }: Placing,
  era: OpenEra,
  start: Ticks,
  date: UtcMs | undefined,
): UtcMs | undefined {
  const expected = utcAt(era.anchor, start)
  const ms = msFromTicks(duration)
  if (date === undefined || !mayDate(state, era, streamIndex)) return undefined
  const isFollowed = Math.abs(date - expected) > ms || !era.anchor.isDated
  const offset = isFollowed ? date - expected : lastingOffset(era, date - expected)
  if (offset === undefined) return undefined
  if (era.anchor.isDated)
    noteHabit(state, expected - date > 2 * ms ? 'dates-back' : 'dates-off', `${offset} ms at ${isoDateTime(date)}`)
  delete era.dateOffsets
  const hasBefore = era.nextIndex > 0 || era.slots.some((slot) => slot.start < start - duration / 2)
  if (hasBefore && expected - date > 2 * ms) return date
  const utc = utcMs(expected + offset)
  const notBack = hasBefore ? utcMs(Math.max(utc, expected - ms)) : utc
  era.anchor = { time: start, utc: notBack, ...datedBy(state, streamIndex) }
  for (const slot of era.slots) if (slot.start > start - duration / 2) slot.startUtc = utcAt(era.anchor, slot.start)
  return undefined
}

/** True of the stream that dates the era, or of one before it, which does so from now on. */
function mayDate(state: TimelineState, era: OpenEra, streamIndex: number): boolean {
  const { isDated, datedBy: by = leadStream(state)?.index ?? streamIndex, ...anchor } = era.anchor
  if (!isDated || streamIndex === by) return true
  if (streamIndex > by) return false
  era.anchor = { ...anchor, ...datedBy(state, streamIndex) }
  delete era.dateOffsets
  return true
}

/** What an anchor says that has a date of this stream. */
export function datedBy(state: TimelineState, streamIndex: number): Pick<EraAnchor, 'isDated' | 'datedBy'> {
  return { isDated: true, ...(leadStream(state)?.index !== streamIndex && { datedBy: streamIndex }) }
}

/**
 * The offset that the source's newest dates have in common, in ms; undefined while it may be jitter: they must lie on
 * one side of what was expected, and near each other or for long.
 */
function lastingOffset(era: OpenEra, offset: number): number | undefined {
  if (Math.abs(offset) < LEAST_OFFSET_MS || Math.sign(era.dateOffsets?.[0] ?? offset) !== Math.sign(offset)) {
    delete era.dateOffsets
    if (Math.abs(offset) < LEAST_OFFSET_MS) return undefined
  }
  era.dateOffsets = [...(era.dateOffsets ?? []), offset].slice(-JITTERING_DATES)
  const [least, median, most] = era.dateOffsets.slice(-STEADY_DATES).sort((a, b) => a - b)
  if (least === undefined || median === undefined || most === undefined) return undefined
  if (most - least <= Math.max(LEAST_OFFSET_MS, Math.abs(median) / 2)) return median
  const all = era.dateOffsets.toSorted((a, b) => a - b)
  return all.length === JITTERING_DATES ? all[JITTERING_DATES >> 1] : undefined
}

/**
 * The date at which a segment begins by its playlist, unless it is too far from when the segment came: by the date the
 * server believes, and by the one it shows. After the server's date was set right, its encoders confirm that at once.
 */
export function believableDate(
  { entry, serverDate: { believed, shown } }: Pick<Placing, 'entry' | 'serverDate'>,
  { receivedAt, probe }: SourceObject,
): UtcMs | undefined {
  if (entry.programDateTime === undefined) return undefined
  const date = utcMs(entry.programDateTime - leadingMs(probe))
  const isNear = (ahead: number) => Math.abs(date - receivedAt - ahead) <= BELIEVABLE_DATE_MS
  return isNear(believed) || isNear(shown) ? date : undefined
}

/**
 * How long pictures are shown before the key frame that a segment begins with: they are sent after it. Encoders date
 * their segments by key frames.
 */
function leadingMs(probe: SegmentProbe | undefined): number {
  if (!probe || !isTimedProbe(probe) || !probe.startsWithKeyFrame) return 0
  const [first] = probe.keyFrames
  if (!first) return 0
  const lead = ticks((first.pts - probe.firstPts + PTS_MODULUS) % PTS_MODULUS)
  return lead < MOST_LEADING ? msFromTicks(lead) : 0
}
