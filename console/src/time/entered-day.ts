import { dayAfter, type LocalTime, weekdayOf } from './zone-clock.ts'

/** A day of the calendar. */
export type Day = Pick<LocalTime, 'year' | 'month' | 'day'>

/** What the text at the beginning is about, and what follows it. */
export type DayFound = { readonly day: Day; readonly rest: string } | { readonly problem: string } | undefined

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
/** As far ahead as the window of a harvest job may be. */
const DAYS_AHEAD = 30
const WEEKDAY = /^(sun|mon|tue|wed|thu|fri|sat)[a-z]*,?(?: |$)/

/**
 * The day with which lower-case text begins: `2026-12-01`, `20261201`, `1.12.2026`, `1 dec 2026`, `dec 1`, `today`,
 * `yesterday`, `mon`, which is the last Monday. Without a year it is the last such day, or one of the next 30.
 * Undefined where there is none.
 */
export function dayAtStart(text: string, today: Day): DayFound {
  const word = /^(today|yesterday|tomorrow)(?: |$)/.exec(text)
  if (word) {
    const days = { today: 0, yesterday: -1, tomorrow: 1 }[word[1] ?? ''] ?? 0
    return { day: dayAfter(today, days), rest: text.slice(word[0].length) }
  }
  const date = dateAtStart(text, today)
  if (date) return date
  const weekday = WEEKDAY.exec(text)
  if (!weekday) return undefined
  const rest = text.slice(weekday[0].length)
  // A weekday beside a date says nothing more.
  const named = dateAtStart(rest, today)
  if (named) return named
  const back = (weekdayOf(today) - WEEKDAYS.indexOf(weekday[1] ?? '') + 7) % 7
  return { day: dayAfter(today, -back), rest }
}

function dateAtStart(text: string, today: Day): DayFound {
  if (/^\d{1,4}\/\d/.test(text)) {
    return { problem: 'Dates with slashes mean different days in different places: write 2026-12-31, or 31 Dec' }
  }
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ]|$)/.exec(text) ?? /^(\d{4})(\d\d)(\d\d)(?:[t ]|$)/.exec(text)
  if (iso) return dated(iso, [1, 2, 3], text, today)
  const dotted = /^(\d{1,2})\. ?(\d{1,2})\.(?: ?(\d{4}))?(?: |$)/.exec(text)
  if (dotted) return dated(dotted, [3, 2, 1], text, today)
  const dayFirst = /^(\d{1,2})\.? ([a-z]{3})[a-z]*\.?,?(?: (\d{4}))?(?: |$)/.exec(text)
  if (dayFirst && MONTHS.includes(dayFirst[2] ?? '')) return dated(dayFirst, [3, 2, 1], text, today)
  const monthFirst = /^([a-z]{3})[a-z]*\.? (\d{1,2}),?(?: (\d{4}))?(?: |$)/.exec(text)
  if (monthFirst && MONTHS.includes(monthFirst[1] ?? '')) return dated(monthFirst, [3, 1, 2], text, today)
  return undefined
}

function dated(
  found: RegExpExecArray,
  [y, m, d]: readonly [number, number, number],
  text: string,
  today: Day,
): DayFound {
  const named = found[m] ?? ''
  const month = MONTHS.includes(named) ? MONTHS.indexOf(named) + 1 : Number(named)
  const day = Number(found[d])
  const hasYear = found[y] !== undefined
  const inYear = (year: number): Day => ({ year, month, day })
  const thisYear = inYear(hasYear ? Number(found[y]) : today.year)
  const chosen = !hasYear && isFarAhead(thisYear, today) ? inYear(today.year - 1) : thisYear
  const real = dayAfter(chosen, 0)
  if (real.month !== month || real.day !== day) return { problem: `There is no day ${day} in month ${month}` }
  return { day: chosen, rest: text.slice(found[0].length) }
}

/** Beyond what harvests may ask for: within it, a day without a year may be to come. */
function isFarAhead(a: Day, today: Day): boolean {
  return Date.UTC(a.year, a.month - 1, a.day) > Date.UTC(today.year, today.month - 1, today.day + DAYS_AHEAD)
}
