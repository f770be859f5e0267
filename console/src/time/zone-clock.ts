/** What the clocks of a time zone show, and how far they are ahead of UTC. */
export type LocalTime = {
  readonly year: number
  /** From 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const formats = new Map<string, Intl.DateTimeFormat>()

/** What the clocks of `zone`, the IANA name of a time zone, show at a moment in milliseconds since 1970. */
export function localTimeAt(at: number, zone: string): LocalTime {
  if (zone === 'UTC') return ofUtc(at)
  const parts = formatOf(zone).formatToParts(at)
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((each) => each.type === type)?.value)
  return {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
    millisecond: ((at % 1000) + 1000) % 1000,
  }
}

/** How far the clocks of `zone` are ahead of UTC at a moment, in minutes. */
export function offsetMinutesAt(at: number, zone: string): number {
  return Math.round((asUtc(localTimeAt(at, zone)) - at) / MINUTE_MS)
}

/**
 * The moments at which the clocks of `zone` show a time, in their order: two where clocks are put back, and none where
 * they are put forward over it, or where the calendar has no such day.
 */
export function momentsOf(local: LocalTime, zone: string): readonly number[] {
  const guess = asUtc(local)
  const offsets = [guess - DAY_MS, guess + DAY_MS].map((near) => offsetMinutesAt(near, zone))
  return [...new Set(offsets)]
    .map((offset) => guess - offset * MINUTE_MS)
    .filter((at) => isSame(localTimeAt(at, zone), local))
    .toSorted((a, b) => a - b)
}

/** The day of the calendar that is so many days after another. */
export function dayAfter({ year, month, day }: Pick<LocalTime, 'year' | 'month' | 'day'>, days: number) {
  const { year: y, month: m, day: d } = ofUtc(Date.UTC(year, month - 1, day + days))
  return { year: y, month: m, day: d }
}

/** The day of the week, from 0 for Sunday to 6 for Saturday. */
export function weekdayOf({ year, month, day }: Pick<LocalTime, 'year' | 'month' | 'day'>): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay()
}

function ofUtc(at: number): LocalTime {
  const date = new Date(at)
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: date.getUTCMilliseconds(),
  }
}

/** The moment at which clocks of UTC show a time. */
export function asUtc({ year, month, day, hour, minute, second, millisecond }: LocalTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second, millisecond)
}

function isSame(a: LocalTime, b: LocalTime): boolean {
  return Object.entries(a).every(([part, value]) => b[part as keyof LocalTime] === value)
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const number = 'numeric' as const
  const format = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    year: number,
    month: number,
    day: number,
    hour: number,
    minute: number,
    second: number,
  })
  formats.set(zone, format)
  return format
}
