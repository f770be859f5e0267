import { enteredDuration, type FrameRate } from './duration-entry.ts'
import { ageText, durationText } from './duration-text.ts'
import { type Day, dayAtStart } from './entered-day.ts'
import { isMoment, momentText } from './moment-text.ts'
import { asUtc, dayAfter, type LocalTime, localTimeAt, momentsOf } from './zone-clock.ts'

/** What is known where somebody types a moment. */
export type EntryContext = FrameRate & {
  /** The present, in milliseconds since 1970. */
  readonly now: number
  /** Times without an offset are by the clocks of this zone. */
  readonly zone: string
  /** What `+10s` counts from, and its name in a sentence; the present where it is absent. */
  readonly from?: { readonly at: number; readonly name: string } | undefined
}

/** A moment, and a sentence that tells how the text was understood; or why it was not. */
export type EnteredMoment = { readonly at: number; readonly understood: string } | { readonly problem: string }

const MOST_CHARACTERS = 100
const [MINUTE_MS, DAY_MS] = [60_000, 86_400_000]
const EXAMPLES = 'write for example 21:30, 2026-12-01 21:30:05, yesterday 21:30, -10m or now'
const TIME = /^(\d{1,2})(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9})|:(\d\d))?)?)? ?(am|pm)?(?: |$|(?=[z+-]|utc))/
const COMPACT_TIME = /^(\d\d)(\d\d)(\d\d)?()()()(?= |$|[z+-]|utc)/
const ZONE = /^(z|utc|gmt)$|^(?:utc|gmt)? ?([+-])(\d{1,2})(?::?(\d\d))?$/

/**
 * The moment that somebody typed: a time (the last such one), a day and a time, with or without an offset from UTC, an
 * age (`-10m`, `10 min ago`), a distance from another moment (`+30s`), or seconds or milliseconds since 1970.
 */
export function enteredMoment(text: string, context: EntryContext): EnteredMoment {
  const given = text.trim().toLowerCase().replaceAll(/\s+/g, ' ').replaceAll('−', '-')
  if (given === '') return { problem: `Enter a time: ${EXAMPLES}` }
  if (given.length > MOST_CHARACTERS) return { problem: `This is too long for a time: ${EXAMPLES}` }
  return relative(given, context) ?? sinceEpoch(given, context) ?? ofCalendar(given, context)
}

function relative(given: string, { now, from, ...context }: EntryContext): EnteredMoment | undefined {
  if (given === 'now' || given === 'live') return understood(now, { now, ...context })
  const ago = given.endsWith(' ago') ? enteredDuration(given.slice(0, -4), context) : undefined
  if (ago !== undefined) return understood(now - ago, { now, ...context })
  const [, origin, sign, rest = ''] = /^(now|live)? ?([+-]) ?(.+)$/.exec(given) ?? []
  const distance = sign === undefined ? undefined : enteredDuration(rest, context)
  if (distance === undefined) return undefined
  const base = from && origin === undefined ? from : { at: now, name: 'now' }
  const at = base.at + (sign === '-' ? -distance : distance)
  const than = `${durationText(distance)} ${sign === '-' ? 'before' : 'after'} ${base.name}`
  return understood(at, { now, ...context }, base.at === now ? undefined : than)
}

function sinceEpoch(given: string, context: EntryContext): EnteredMoment | undefined {
  if (!/^\d{10}(\.\d{1,3})?$|^\d{13}$/.test(given)) return undefined
  return understood(Math.round(Number(given) * (given.includes('.') || given.length === 10 ? 1000 : 1)), context)
}

function ofCalendar(given: string, context: EntryContext): EnteredMoment {
  const { now, zone } = context
  // Which day is today depends on the zone that the text may end with.
  const today = localTimeAt(now, /(z|utc|gmt)$/.test(given) ? 'UTC' : zone)
  const found = dayAtStart(given, today)
  if (found && 'problem' in found) return found
  const rest = (found ? found.rest : given).replace(/^at /, '').trim()
  const time = timeAtStart(rest, context)
  if ('problem' in time) return time
  const offset = zoneOf(time.rest)
  if (offset === 'unknown') return { problem: `“${given}” is not understood: ${EXAMPLES}` }
  if (!found && rest === '') return { problem: `“${given}” is not understood: ${EXAMPLES}` }
  const day = found?.day ?? today
  if (offset !== undefined) {
    const at = asUtc({ ...day, ...time.clock }) - offset * MINUTE_MS
    // Without a day it is the last such time.
    return understood(found ? at : at + Math.floor((now - at) / DAY_MS) * DAY_MS, context)
  }
  const moments = momentsOf({ ...day, ...time.clock }, zone)
  const isAhead = !found && (moments[0] ?? 0) > now
  const [first, second] = isAhead ? momentsOf({ ...dayAfter(day, -1), ...time.clock }, zone) : moments
  if (first === undefined)
    return { problem: `Clocks of ${zone} were put forward over this time: add an offset, or UTC` }
  return understood(first, context, second === undefined ? undefined : 'the first of two such times on that day')
}

type Clock = Omit<LocalTime, keyof Day>

/** Midnight where there is no time. */
function timeAtStart(
  text: string,
  { frameRate }: FrameRate,
): { readonly clock: Clock; readonly rest: string } | { readonly problem: string } {
  const midnight = { hour: 0, minute: 0, second: 0, millisecond: 0 }
  const found = TIME.exec(text.replace(',', '.')) ?? COMPACT_TIME.exec(text)
  if (!found || (found[2] === undefined && found[6] === undefined)) return { clock: midnight, rest: text }
  const [whole, hours, minutes = '0', seconds = '0', fraction, frames, half] = found
  const given = Number(hours)
  if (half ? given < 1 || given > 12 : given > 23) return { problem: `There is no hour ${given}` }
  if (Number(minutes) > 59) return { problem: `There is no minute ${minutes}` }
  if (Number(seconds) > 59) return { problem: `There is no second ${seconds}` }
  if (frames !== undefined && frameRate === undefined) {
    return { problem: 'Frames are not known here: write parts of a second, as in 21:30:05.480' }
  }
  if (frames !== undefined && frameRate !== undefined && Number(frames) >= frameRate) {
    return { problem: `There is no frame ${frames}: there are ${Number(frameRate.toFixed(3))} in a second` }
  }
  const parts = frames === undefined ? Number(`0.${fraction ?? 0}`) : Number(frames) / (frameRate ?? 1)
  const hour = half ? (given % 12) + (half === 'pm' ? 12 : 0) : given
  const clock = { hour, minute: Number(minutes), second: Number(seconds), millisecond: Math.floor(parts * 1000) }
  return { clock, rest: text.slice(whole.length).trim() }
}

/** Minutes ahead of UTC; undefined where the text is empty. */
function zoneOf(text: string): number | undefined | 'unknown' {
  if (text === '') return undefined
  const [, utc, sign, hours, minutes = '0'] = ZONE.exec(text) ?? []
  if (utc) return 0
  if (sign === undefined || Number(hours) > 14 || Number(minutes) > 59) return 'unknown'
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}

function understood(at: number, { now, zone }: EntryContext, remark?: string): EnteredMoment {
  if (!isMoment(at)) return { problem: 'This is beyond the calendar' }
  const other = zone === 'UTC' ? '' : ` (${momentText(at, 'UTC', precisionOf(at))})`
  const sentence = `${momentText(at, zone, precisionOf(at))}${other}, ${ageText(at, now)}`
  return { at, understood: remark === undefined ? sentence : `${sentence}; ${remark}` }
}

const precisionOf = (at: number) => (at % 1000 === 0 ? 'second' : 'millisecond')
