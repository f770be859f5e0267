import { type UtcMs, utcMs } from '../media/time.ts'
import { between, matching, quoteValue, refuse } from './rules.ts'
import { type CalendarDay, dayAfter, dayNumber, TimeZone } from './time-zone.ts'

/** The days of the week as ISO 8601 counts them. */
export const WEEKDAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'] as const
export type Weekday = (typeof WEEKDAYS)[number]

/**
 * How often something begins: at intervals, however clocks are put forward or back, or on days at a time that the
 * clocks of a place show.
 */
export type Recurrence =
  | { readonly minutes: number }
  | { readonly hours: number }
  | ({ readonly days: number } & TimeOfDay)
  | ({ readonly weekdays: readonly Weekday[] } & TimeOfDay)

/** Hours and minutes, as in `20:15`, and the IANA name of a time zone. */
type TimeOfDay = { readonly at: string; readonly timeZone: string }

/** A recurrence as a request has it. */
export type GivenRecurrence = {
  readonly minutes?: number
  readonly hours?: number
  readonly days?: number
  readonly weekdays?: readonly string[]
  readonly at?: string
  readonly timeZone?: string
}

const MINUTE_MS = 60_000
const UNITS = ['minutes', 'hours', 'days', 'weekdays'] as const
const MOST = { minutes: 1440, hours: 24, days: 31 } as const

/** Throws RuleViolation unless exactly one unit is given, and what goes with it. */
export function recurrenceOf(path: string, given: GivenRecurrence): Recurrence {
  const [unit, another] = UNITS.filter((name) => given[name] !== undefined)
  if (unit === undefined || another !== undefined) refuse(path, `must have one of ${UNITS.join(', ')}`)
  const { at = '00:00', timeZone = 'UTC', weekdays = [] } = given
  if (unit === 'minutes' || unit === 'hours') {
    if (given.at !== undefined) refuse(`${path}.at`, `must not be given with ${unit}, which startTime begins`)
    if (given.timeZone !== undefined) refuse(`${path}.timeZone`, `must not be given with ${unit}`)
    const count = between(`${path}.${unit}`, given[unit] ?? 0, 1, MOST[unit])
    return unit === 'minutes' ? { minutes: count } : { hours: count }
  }
  matching(`${path}.at`, at, /^([01]\d|2[0-3]):[0-5]\d$/, 'a time from 00:00 to 23:59')
  TimeZone.named(`${path}.timeZone`, timeZone)
  if (unit === 'days') return { days: between(`${path}.days`, given.days ?? 0, 1, MOST.days), at, timeZone }
  if (weekdays.length === 0) refuse(`${path}.weekdays`, 'must not be empty')
  const known = weekdays.map((day, i) => {
    const weekday = WEEKDAYS.find((name) => name === day)
    if (!weekday)
      return refuse(`${path}.weekdays[${i}]`, `must be one of ${WEEKDAYS.join(', ')}, got ${quoteValue(day)}`)
    if (weekdays.indexOf(day) < i) refuse(`${path}.weekdays[${i}]`, `must be given only once, got ${quoteValue(day)}`)
    return weekday
  })
  return { weekdays: known, at, timeZone }
}

/** The least interval that a recurrence at intervals has; undefined for one on days. */
export function fixedIntervalOf(every: Recurrence): number | undefined {
  if ('minutes' in every) return every.minutes * MINUTE_MS
  return 'hours' in every ? every.hours * 60 * MINUTE_MS : undefined
}

/** The moments of a recurrence that begins at `start`. */
export class Moments {
  private readonly start: UtcMs
  private readonly interval: number | undefined
  private readonly days: LocalDays | undefined

  constructor(every: Recurrence, start: UtcMs) {
    this.start = start
    this.interval = fixedIntervalOf(every)
    this.days = 'at' in every ? new LocalDays(every, start) : undefined
  }

  /** The first moment at or after `from`. */
  from(from: UtcMs): UtcMs {
    const { start, interval } = this
    const least = utcMs(Math.max(start, from))
    if (interval !== undefined) return utcMs(start + Math.ceil((least - start) / interval) * interval)
    return this.days!.from(least)
  }

  after(moment: UtcMs): UtcMs {
    return this.from(utcMs(moment + 1))
  }
}

/** Days of the calendar of a place, each with the moment at which its clocks first show a time. */
class LocalDays {
  private readonly zone: TimeZone
  private readonly time: readonly [hour: number, minute: number]
  private readonly isOn: (day: CalendarDay) => boolean

  constructor(every: Extract<Recurrence, TimeOfDay>, start: UtcMs) {
    this.zone = TimeZone.named('every.timeZone', every.timeZone)
    const [hour = 0, minute = 0] = every.at.split(':').map(Number)
    this.time = [hour, minute]
    if ('weekdays' in every) {
      // 1970-01-01 was a Thursday.
      this.isOn = (day) => every.weekdays.includes(WEEKDAYS[(((dayNumber(day) + 3) % 7) + 7) % 7]!)
    } else {
      const today = this.zone.localTime(start)
      const first = dayNumber(this.momentOn(today) >= start ? today : dayAfter(today, 1))
      this.isOn = (day) => (dayNumber(day) - first) % every.days === 0
    }
  }

  from(from: UtcMs): UtcMs {
    // The day before, for clocks that were put back over midnight.
    for (let day = dayAfter(this.zone.localTime(from), -1); ; day = dayAfter(day, 1)) {
      if (!this.isOn(day)) continue
      const moment = this.momentOn(day)
      if (moment >= from) return moment
    }
  }

  private momentOn(day: CalendarDay): UtcMs {
    return this.zone.momentOf(day, ...this.time)
  }
}
