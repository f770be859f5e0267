import { ONE_DAY_MS, type UtcMs, utcMs } from '../media/time.ts'
import { quoteValue, refuse } from './rules.ts'

/** A day of the calendar: months and days count from 1. */
export type CalendarDay = { readonly year: number; readonly month: number; readonly day: number }

/** A time as the clocks of a place show it. */
export type LocalTime = CalendarDay & { readonly hour: number; readonly minute: number; readonly second: number }

/** A time zone of the IANA database, such as Europe/Berlin. Its clocks may be put forward and back. */
export class TimeZone {
  private readonly format: Intl.DateTimeFormat
  /** Offsets at the beginnings of days, UTC, by their numbers: to ask for one takes long. */
  private readonly offsets = new Map<number, number>()

  private constructor(format: Intl.DateTimeFormat) {
    this.format = format
  }

  /** Throws RuleViolation for a name that is no time zone. */
  static named(path: string, name: string): TimeZone {
    const form = 'the name of a time zone, such as Europe/Berlin or UTC'
    // Offsets such as +02:00 are no zones: they know of no summer.
    if (!/^[A-Za-z][A-Za-z0-9_+-]{0,31}(\/[A-Za-z0-9_+-]{1,31}){0,2}$/.test(name)) {
      refuse(path, `must be ${form}, got ${quoteValue(name)}`)
    }
    try {
      const numbers = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric' } as const
      const more = { minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const
      return new TimeZone(
        new Intl.DateTimeFormat('en-US', { calendar: 'gregory', timeZone: name, ...numbers, ...more }),
      )
    } catch {
      return refuse(path, `must be ${form}, got ${quoteValue(name)}`)
    }
  }

  /** What the clocks show at a moment. */
  localTime(at: UtcMs): LocalTime {
    const shown = new Date(at + this.offsetAt(at))
    return {
      year: shown.getUTCFullYear(),
      month: shown.getUTCMonth() + 1,
      day: shown.getUTCDate(),
      hour: shown.getUTCHours(),
      minute: shown.getUTCMinutes(),
      second: shown.getUTCSeconds(),
    }
  }

  /**
   * The moment at which the clocks show a time: the first one, of a time that comes twice. A time that is left out
   * when clocks are put forward is as long after that as it would have been.
   */
  momentOf({ year, month, day }: CalendarDay, hour: number, minute: number): UtcMs {
    const shown = Date.UTC(year, month - 1, day, hour, minute)
    const before = this.offsetAt(utcMs(shown - ONE_DAY_MS))
    const after = this.offsetAt(utcMs(shown + ONE_DAY_MS))
    const early = utcMs(shown - before)
    if (before === after || early + this.offsetAt(early) === shown) return early
    const late = utcMs(shown - after)
    return late + this.offsetAt(late) === shown ? late : early
  }

  /** Milliseconds by which the clocks are ahead of UTC at a moment. */
  private offsetAt(at: UtcMs): number {
    const day = Math.floor(at / ONE_DAY_MS)
    const [before, after] = [this.offsetOn(day), this.offsetOn(day + 1)]
    // Nowhere are clocks put forward and back within a day.
    return before === after ? before : this.askedOffset(at)
  }

  private offsetOn(day: number): number {
    const known = this.offsets.get(day)
    if (known !== undefined) return known
    const offset = this.askedOffset(day * ONE_DAY_MS)
    this.offsets.set(day, offset)
    return offset
  }

  private askedOffset(at: number): number {
    const parts = new Map(this.format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
    const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0
    const date = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
    return date - Math.floor(at / 1000) * 1000
  }
}

/** The day that is `days` later. */
export function dayAfter({ year, month, day }: CalendarDay, days: number): CalendarDay {
  const date = new Date(Date.UTC(year, month - 1, day + days))
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

/** Days from 1970-01-01 to a day. */
export function dayNumber({ year, month, day }: CalendarDay): number {
  return Date.UTC(year, month - 1, day) / ONE_DAY_MS
}
