import { localTimeAt, offsetMinutesAt } from './zone-clock.ts'

/** The last part of a moment that is written. */
export type Precision = 'minute' | 'second' | 'millisecond'

const NO_SUCH_TIME = '–'
/** The most that JavaScript's dates reach from 1970, in milliseconds. */
const MOST_MS = 8.64e15

/** The moment that RFC 3339 text of the API names, in milliseconds since 1970; undefined where there is none. */
export function momentOf(text: string | undefined): number | undefined {
  const at = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(at) ? undefined : at
}

/** How long a window of the API is, in milliseconds; NaN where one of its ends is no moment. */
export function lengthOf({ startTime, endTime }: { readonly startTime: string; readonly endTime: string }): number {
  return (momentOf(endTime) ?? Number.NaN) - (momentOf(startTime) ?? Number.NaN)
}

/** A moment as the clocks of a zone show it, with their distance from UTC: `2026-12-01 22:32:07 +01:00`. */
export function momentText(at: number, zone: string, precision: Precision = 'second'): string {
  if (!isMoment(at)) return NO_SUCH_TIME
  return `${dayText(at, zone)} ${clockText(at, zone, precision)} ${offsetText(at, zone)}`
}

/** The day of a moment in a zone: `2026-12-01`. */
export function dayText(at: number, zone: string): string {
  if (!isMoment(at)) return NO_SUCH_TIME
  const { year, month, day } = localTimeAt(at, zone)
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
}

/** The time of day of a moment in a zone: `22:32:07`. */
export function clockText(at: number, zone: string, precision: Precision = 'second'): string {
  if (!isMoment(at)) return NO_SUCH_TIME
  const { hour, minute, second, millisecond } = localTimeAt(at, zone)
  const time = `${two(hour)}:${two(minute)}`
  if (precision === 'minute') return time
  if (precision === 'second') return `${time}:${two(second)}`
  return `${time}:${two(second)}.${String(Math.floor(millisecond)).padStart(3, '0')}`
}

/** How far the clocks of a zone are from UTC at a moment: `+01:00`, or `UTC`. */
export function offsetText(at: number, zone: string): string {
  if (zone === 'UTC') return 'UTC'
  const minutes = offsetMinutesAt(at, zone)
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

/** False for what is beyond the calendar. */
export function isMoment(at: number): boolean {
  return Math.abs(at) <= MOST_MS
}

const two = (value: number) => String(value).padStart(2, '0')
